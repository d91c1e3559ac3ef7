using System;
using System.Collections.Generic;
using SharpRun.Json;

namespace SharpRun.Cni;

/// <summary>A plugin's configuration as it comes on stdin (CNI 1.1.0, "Plugin configuration objects"): the members that all plugins share.
/// Members that we do not know are accepted, as the reference's plugins do.</summary>
public sealed record NetworkConfig
{
    public required string CniVersion { get; init; }

    public required string Name { get; init; }

    public required string Type { get; init; }

    /// <summary>Null: no addresses, layer 2 alone.</summary>
    public IpamConfig? Ipam { get; init; }

    public ResultDns Dns { get; init; } = new();

    public CniResult? PrevResult { get; init; }

    /// <summary>GC's list (cni.dev/valid-attachments): whatever else belongs to the network is removed. Null when it is not given.</summary>
    public IReadOnlyList<Attachment>? ValidAttachments { get; init; }

    /// <summary>runtimeConfig's and args.cni's, or CNI_ARGS': the last in this order wins: CNI_ARGS, args, runtimeConfig.</summary>
    public string? RequestedMac { get; init; }

    /// <summary>runtimeConfig.portMappings.</summary>
    public IReadOnlyList<PortRequest> PortMappings { get; init; } = [];

    /// <summary>The whole object, for the members that belong to one plugin.</summary>
    public required JsonPart Document { get; init; }
}

/// <summary>A container's interface in a network.</summary>
public sealed record Attachment(string ContainerId, string IfName);

/// <summary>An element of runtimeConfig.portMappings; HostIp "" is every address.</summary>
public sealed record PortRequest(System.Net.IPAddress? HostIp, int HostPort, int ContainerPort, string Protocol);
