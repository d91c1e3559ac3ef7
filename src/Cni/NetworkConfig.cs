using System;
using System.Collections.Generic;
using System.Net;
using SharpRun.Json;

namespace SharpRun.Cni;

/// <summary>A plugin's configuration as it comes on stdin (CNI 1.1.0, "Plugin configuration objects"): the members that all plugins share.
/// Members that we do not know are accepted, as the reference's plugins do.</summary>
public sealed record NetworkConfig
{
    public const int MaxLength = 1 << 20;

    private const int MostAttachments = 100_000, MostPorts = 10_000;

    private static readonly string[] s_members =
    [
        "cniVersion", "cniVersions", "name", "type", "ipam", "dns", "prevResult", "runtimeConfig", "capabilities", "args", "disableGC", "disableCheck",
        "cni.dev/valid-attachments", "cni.dev/attachments",
    ];

    public required string CniVersion { get; init; }

    public required string Name { get; init; }

    public required string Type { get; init; }

    /// <summary>Null when it is absent.</summary>
    public IpamConfig? Ipam { get; init; }

    /// <summary>Else layer 2 alone.</summary>
    public bool HasAddresses => Ipam is { Type.Length: > 0 };

    public ResultDns Dns { get; init; } = new();

    public CniResult? PrevResult { get; init; }

    /// <summary>GC's list (cni.dev/valid-attachments): whatever else belongs to the network is removed. Null when it is not given.</summary>
    public IReadOnlyList<Attachment>? ValidAttachments { get; init; }

    /// <summary>From CNI_ARGS, args.cni or runtimeConfig: the last one wins.</summary>
    public string? RequestedMac { get; init; }

    /// <summary>runtimeConfig.portMappings.</summary>
    public IReadOnlyList<PortRequest> PortMappings { get; init; } = [];

    /// <summary>The whole object, for the members that belong to one plugin.</summary>
    public required JsonPart Document { get; init; }

    /// <summary>The version of a document that may be wrong otherwise: an error is told in it.</summary>
    public static string VersionOf(ReadOnlySpan<byte> document)
    {
        try
        {
            var part = JsonPart.Read(document, MaxLength, "");
            return new Fields(part, ["cniVersion"], anyCase: true).Text("cniVersion") is { } version && CniCheck.ErrorHasAVersion.Passes(Cni.CniVersion.IsSupported(version)) ? version : Cni.CniVersion.Current;
        }
        catch (JsonError)
        {
            return Cni.CniVersion.Current;
        }
    }

    /// <param name="isForHostLocal">The plugin host-local itself is called, whatever ipam.type says.</param>
    /// <param name="isWished">What is asked for one container is read, too.</param>
    public static NetworkConfig Read(ReadOnlySpan<byte> document, CniArgs args, bool isForHostLocal = false, bool isWished = true)
    {
        var part = JsonPart.Read(document, MaxLength, "network configuration");
        var fields = new Fields(part, s_members, anyCase: true);
        var name = fields.Text("name") ?? throw part.Invalid("name: the network has no name");
        if (CniCheck.NetworkHasAName.Fails(!CniEnvironment.IsName(name)))
        {
            throw part.Invalid($"name: \"{JsonPart.Short(name)}\" is not a letter or digit, followed by letters, digits, \"_\", \".\" and \"-\"");
        }
        var version = Cni.CniVersion.Require(fields.Text("cniVersion"));
        fields.Find("cniVersions")?.Texts();
        fields.Find("disableGC")?.Flag();
        fields.Find("capabilities")?.Properties().ForEach(capability => capability.Value.Flag());
        var given = new Fields(isWished && fields.Find("args") is { } some && new Fields(some, ["cni"], anyCase: true).Find("cni") is { } cni ? cni : Nothing(part, "args.cni"), ["mac", "ips"], anyCase: true);
        var runtime = new Fields((isWished ? fields.Find("runtimeConfig") : null) ?? Nothing(part, "runtimeConfig"), ["mac", "ips", "ipRanges", "portMappings"], anyCase: true);
        var ipam = fields.Find("ipam");
        return new NetworkConfig
        {
            CniVersion = version,
            Name = name,
            Type = fields.Text("type") ?? "",
            Ipam = ipam is { } read ? IpamReader.Read(read, args, given, runtime, isForHostLocal) : CniCheck.HostLocalHasRanges.Fails(isForHostLocal) ? throw part.Invalid("ipam: the member is missing") : null,
            Dns = fields.Find("dns") is { } dns ? ResultReader.Dns(dns) : new(),
            PrevResult = isWished && fields.Find("prevResult") is { } result ? ResultReader.Read(result) : null,
            ValidAttachments = (fields.Find("cni.dev/valid-attachments") ?? fields.Find("cni.dev/attachments"))?.Items(MostAttachments).ConvertAll(ReadAttachment),
            RequestedMac = Mac(runtime.Find("mac")) ?? Mac(given.Find("mac")) ?? args.Mac,
            PortMappings = runtime.Find("portMappings")?.Items(MostPorts).ConvertAll(ReadPort) ?? [],
            Document = part,
        };
    }

    private static JsonPart Nothing(JsonPart of, string name) => of.Property(name, System.Text.Json.JsonElement.Parse("{}"u8));

    private static Attachment ReadAttachment(JsonPart part)
    {
        var fields = new Fields(part, ["containerID", "ifname"], anyCase: true);
        return new Attachment(fields.Require("containerID").Text(), fields.Require("ifname").Text());
    }

    private static string? Mac(JsonPart? part)
    {
        if (part?.Text() is not { Length: > 0 } text)
        {
            return null;
        }
        return MacText.Parse(text) ?? throw part.Value.Invalid($"\"{JsonPart.Short(text)}\" is no address that an interface can have");
    }

    private static PortRequest ReadPort(JsonPart part)
    {
        var fields = new Fields(part, ["hostPort", "containerPort", "protocol", "hostIP"], anyCase: true);
        var protocol = (fields.Text("protocol") ?? "tcp").ToLowerInvariant();
        if (CniCheck.PortHasAProtocol.Fails(protocol is not ("tcp" or "udp" or "sctp")))
        {
            throw fields.Require("protocol").Invalid($"\"{JsonPart.Short(protocol)}\" is none of tcp, udp, sctp");
        }
        return new PortRequest(ResultReader.Address(fields.Find("hostIP")), Port("hostPort"), Port("containerPort"), protocol);

        int Port(string name) => ResultReader.Within(fields.Require(name), 1, ushort.MaxValue);
    }
}

/// <summary>A container's interface in a network.</summary>
public sealed record Attachment(string ContainerId, string IfName);

/// <summary>An element of runtimeConfig.portMappings. HostIp null: every address of the host; 0.0.0.0 or "::": every one of that family.</summary>
public sealed record PortRequest(IPAddress? HostIp, int HostPort, int ContainerPort, string Protocol);
