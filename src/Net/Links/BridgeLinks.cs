using System;
using System.Collections.Generic;
using SharpRun.Cni;

namespace SharpRun.Net.Links;

/// <summary>The acts of the CNI plugin bridge on links, addresses and routes, and those of loopback.</summary>
static class BridgeLinks
{
    /// <summary>Makes or completes the bridge, and the veth pair with all that the plan says. On a failure nothing of the pair is left.</summary>
    public static LinkOutcome Add(LinkPlan plan) => throw new NotImplementedException();

    /// <summary>Deletes the pair, from whichever side is there; what is not there is no error. The path may be empty, and the namespace gone.
    /// Gives the addresses that the container's interface had.</summary>
    public static IReadOnlyList<Cidr> Remove(string netnsPath, string ifName, string containerId) => throw new NotImplementedException();

    /// <summary>Throws a sentence for what is not as the plan and the result say.</summary>
    public static void Check(LinkPlan plan, CniResult result) => throw new NotImplementedException();

    /// <summary>Sets "lo" up; its addresses.</summary>
    public static IReadOnlyList<Cidr> AddLoopback(string netnsPath) => throw new NotImplementedException();

    public static void CheckLoopback(string netnsPath) => throw new NotImplementedException();

    /// <summary>The name of the host's end.</summary>
    public static string HostVethOf(string containerId, string ifName) => throw new NotImplementedException();

    /// <summary>The host's ends on a bridge that are ours, for GC: delete by <see cref="RemoveHostVeth"/> those that belong to no valid attachment.</summary>
    public static IReadOnlyList<string> HostVeths(string bridge) => throw new NotImplementedException();

    /// <summary>Deletes a pair by its host end when it is ours; not there is no error.</summary>
    public static void RemoveHostVeth(string name) => throw new NotImplementedException();
}
