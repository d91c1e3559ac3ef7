using System;
using System.Collections.Generic;
using System.Net;

namespace SharpRun.Cni;

/// <summary>"ipam" of a network's configuration. What stands below Type is host-local's; another plugin reads the document itself.</summary>
public sealed record IpamConfig
{
    public const string HostLocal = "host-local", DefaultDataDirectory = "/var/lib/cni/networks";

    public required string Type { get; init; }

    public bool IsHostLocal => Type == HostLocal;

    /// <summary>Sets of ranges, canonical and without overlaps: one address is leased from each set. Never empty for host-local.</summary>
    public IReadOnlyList<IReadOnlyList<AddressRange>> RangeSets { get; init; } = [];

    public IReadOnlyList<ResultRoute> Routes { get; init; } = [];

    /// <summary>The leases are below, in a directory with the network's name.</summary>
    public string DataDirectory { get; init; } = DefaultDataDirectory;

    /// <summary>A file in resolv.conf's form that becomes the result's dns; null for none.</summary>
    public string? ResolvConf { get; init; }

    /// <summary>Addresses that are asked for, from CNI_ARGS, args and runtimeConfig in this order; every one must be leased, or ADD fails.</summary>
    public IReadOnlyList<IPAddress> Requested { get; init; } = [];
}

/// <summary>A range of addresses of a subnet: First and Last belong to it. The gateway is never leased.</summary>
public sealed record AddressRange(Cidr Subnet, IPAddress First, IPAddress Last, IPAddress Gateway)
{
    public bool IsV6 => Subnet.IsV6;

    public bool Contains(IPAddress address) =>
        address.IsV6() == IsV6 && address.ToNumber() is var number && number >= First.ToNumber() && number <= Last.ToNumber();

    public bool Overlaps(AddressRange other) => Contains(other.First) || Contains(other.Last) || other.Contains(First);

    public override string ToString() => $"{First}-{Last}";
}
