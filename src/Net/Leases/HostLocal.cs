using System;
using System.Collections.Generic;
using SharpRun.Cni;

namespace SharpRun.Net.Leases;

/// <summary>Whose lease. NetNs, the path of the network namespace, says later whether the owner can still be alive; null when it is not known.</summary>
sealed record LeaseOwner(string ContainerId, string IfName, string? NetNs);

/// <summary>Addresses as the plugin host-local leases them, in the same files: both may share a directory.</summary>
static class HostLocal
{
    /// <summary>An address of each set of ranges, routes and dns. All or none.</summary>
    public static CniResult Add(IpamConfig ipam, string network, LeaseOwner owner) => throw new NotImplementedException();

    /// <summary>Whatever the owner has in this network; nothing is no error.</summary>
    public static void Remove(IpamConfig ipam, string network, string containerId, string ifName) => throw new NotImplementedException();

    public static void Check(IpamConfig ipam, string network, string containerId, string ifName) => throw new NotImplementedException();

    /// <summary>Removes the leases of all others.</summary>
    public static void Collect(IpamConfig ipam, string network, IReadOnlyList<Attachment> valid) => throw new NotImplementedException();

    /// <summary>Throws when no address can be leased.</summary>
    public static void Status(IpamConfig ipam, string network) => throw new NotImplementedException();
}
