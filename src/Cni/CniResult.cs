using System.Collections.Generic;
using System.Net;

namespace SharpRun.Cni;

/// <summary>What ADD gives (CNI 1.1.0, "ADD Success"), the same for all versions; each version writes what it knows.</summary>
public sealed record CniResult
{
    public List<ResultInterface> Interfaces { get; init; } = [];

    public List<ResultIp> Ips { get; init; } = [];

    public List<ResultRoute> Routes { get; init; } = [];

    public ResultDns Dns { get; init; } = new();
}

/// <summary>Sandbox: the path of the network namespace, null on the host. Mac may be empty in what other plugins give.</summary>
public sealed record ResultInterface(string Name, string Mac, string? Sandbox = null, int Mtu = 0)
{
    public string? SocketPath { get; init; }

    public string? PciId { get; init; }
}

/// <summary>Interface: an index into the result's interfaces.</summary>
public sealed record ResultIp(Cidr Address, IPAddress? Gateway, int? Interface = null);

public sealed record ResultRoute(Cidr Destination, IPAddress? Gateway = null)
{
    public int? Mtu { get; init; }

    public int? AdvMss { get; init; }

    public int? Priority { get; init; }

    public int? Table { get; init; }

    public int? Scope { get; init; }
}

public sealed record ResultDns
{
    public List<string> Nameservers { get; init; } = [];

    public string? Domain { get; init; }

    public List<string> Search { get; init; } = [];

    public List<string> Options { get; init; } = [];

    public bool IsEmpty => Nameservers.Count == 0 && Domain is null && Search.Count == 0 && Options.Count == 0;
}
