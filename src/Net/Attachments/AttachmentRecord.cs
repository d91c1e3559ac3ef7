using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using SharpRun.Cni;
using SharpRun.CommandLine;
using SharpRun.Json;

namespace SharpRun.Net.Attachments;

/// <summary>What `up` has made, or is about to make when Result is null: enough to take it away by, whatever has become of the network's description.</summary>
sealed record AttachmentRecord
{
    public const int MaxLength = 4 << 20;

    /// <summary>The absolute path of the network namespace; the record is filed under it.</summary>
    public required string NetNs { get; init; }

    /// <summary>The namespace's device and inode as "4:4026532281"; empty as long as it is not made. A pid's path may lead to another one later.</summary>
    public string NetNsId { get; init; } = "";

    /// <summary>`up` makes the namespace, so `down` removes it.</summary>
    public bool MakesNetNs { get; init; }

    public required string ContainerId { get; init; }

    public required string IfName { get; init; }

    /// <summary>How the others in the network call it; null: they do not.</summary>
    public string? Name { get; init; }

    /// <summary>A file beside the network's own in which its names are kept, BUNDLE/hosts; null: none.</summary>
    public string? HostsFile { get; init; }

    public required string BootId { get; init; }

    public string CniPath { get; init; } = "";

    public string CniArgs { get; init; } = "";

    public RuntimeArguments Wishes { get; init; } = new();

    /// <summary>The description by which it was made.</summary>
    public required KnownNetwork Network { get; init; }

    public CniResult? Result { get; init; }

    public IReadOnlyList<IPAddress> Addresses => Result is null ? [] : Result.Ips.ConvertAll(ip => ip.Address.Address);

    public byte[] ToDocument() => JsonText.Of(json =>
    {
        json.WriteStartObject();
        json.WriteString("netns", NetNs);
        json.WriteOptional("netnsId", NetNsId);
        json.WriteBoolean("makesNetns", MakesNetNs);
        json.WriteString("containerId", ContainerId);
        json.WriteString("ifName", IfName);
        json.WriteOptional("name", Name);
        json.WriteOptional("hostsFile", HostsFile);
        json.WriteString("bootId", BootId);
        json.WriteOptional("cniPath", CniPath);
        json.WriteOptional("cniArgs", CniArgs);
        json.WriteOptional("mac", Wishes.Mac);
        JsonText.WriteTexts(json, "ips", [.. System.Linq.Enumerable.Select(Wishes.Ips, ip => ip.ToString())]);
        JsonText.WriteTexts(json, "ports", [.. System.Linq.Enumerable.Select(Wishes.PortMappings, PortWord.TextOf)]);
        json.WriteOptional("source", Network.Source);
        json.WritePropertyName("network");
        json.WriteRawValue(Network.Document);
        if (Result is { } result)
        {
            json.WritePropertyName("result");
            result.WriteTo(json, Network.List.CniVersion);
        }
        json.WriteEndObject();
    });

    public static AttachmentRecord Read(byte[] document, string what)
    {
        var part = JsonPart.Read(document, MaxLength, what);
        var fields = new Fields(part,
        [
            "netns", "netnsId", "makesNetns", "containerId", "ifName", "name", "hostsFile", "bootId", "cniPath", "cniArgs", "mac", "ips", "ports", "source",
            "network", "result",
        ]);
        return new AttachmentRecord
        {
            NetNs = fields.Require("netns").Text(),
            NetNsId = fields.Text("netnsId") ?? "",
            MakesNetNs = fields.Require("makesNetns").Flag(),
            ContainerId = fields.Require("containerId").Text(),
            IfName = fields.Require("ifName").Text(),
            Name = fields.Text("name"),
            HostsFile = fields.Text("hostsFile"),
            BootId = fields.Require("bootId").Text(),
            CniPath = fields.Text("cniPath") ?? "",
            CniArgs = fields.Text("cniArgs") ?? "",
            Wishes = new RuntimeArguments
            {
                Mac = fields.Text("mac"),
                Ips = [.. System.Linq.Enumerable.Select(fields.Texts("ips") ?? [], text =>
                    NetCheck.RecordedIpIsAnAddress.Passes(IpText.TryParse(text, out var ip)) ? ip : throw part.Problem($"\"{text}\" is no address"))],
                PortMappings = [.. System.Linq.Enumerable.Select(fields.Texts("ports") ?? [], text => PortWord.Parse(text) ?? throw part.Problem($"\"{text}\" is no port"))],
            },
            Network = KnownNetwork.Read(Encoding.UTF8.GetBytes(fields.Require("network").Element.GetRawText()), fields.Text("source")),
            Result = fields.Find("result") is { } result ? ResultReader.Read(result) : null,
        };
    }
}

/// <summary>A published port as people write it: [IP:]HOST:CONTAINER[/udp], an IPv6 address in brackets.</summary>
static class PortWord
{
    /// <summary>Null: it is not of this form.</summary>
    public static PortRequest? Parse(string word)
    {
        var slash = word.IndexOf('/');
        var protocol = slash < 0 ? "tcp" : word[(slash + 1)..];
        var rest = slash < 0 ? word : word[..slash];
        var last = rest.LastIndexOf(':');
        if (NetCheck.PortWordHasAProtocol.Fails(protocol is not ("tcp" or "udp" or "sctp")) || last < 0 || PortOf(rest.AsSpan(last + 1)) is not { } container)
        {
            return null;
        }
        rest = rest[..last];
        var middle = rest.LastIndexOf(':');
        if (PortOf(rest.AsSpan(middle + 1)) is not { } host)
        {
            return null;
        }
        if (middle < 0)
        {
            return new PortRequest(null, host, container, protocol);
        }
        var text = rest[..middle];
        var isBracketed = text.StartsWith('[') && text.EndsWith(']');
        return IpText.TryParse(isBracketed ? text[1..^1] : text, out var address) && NetCheck.OnlyIPv6HasBrackets.Passes(address.IsV6() == isBracketed)
            ? new PortRequest(address, host, container, protocol) : null;
    }

    public static string TextOf(PortRequest port)
    {
        var address = port.HostIp is not { } ip ? "" : ip.IsV6() ? $"[{ip}]:" : $"{ip}:";
        return $"{address}{port.HostPort}:{port.ContainerPort}/{port.Protocol}";
    }

    /// <summary>Whoever comes to the one could mean the other.</summary>
    public static bool Collide(PortRequest one, PortRequest other) =>
        (one.HostPort, one.Protocol) == (other.HostPort, other.Protocol)
        && (NetCheck.PortIsNotOnAllAddresses.Fails(Reach(one.HostIp) is null || Reach(other.HostIp) is null) || Equals(one.HostIp, other.HostIp));

    private static IPAddress? Reach(IPAddress? address) => address is null || address.IsAny() ? null : address;

    private static int? PortOf(ReadOnlySpan<char> text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && NetCheck.PortWordIsInRange.Passes(port is > 0 and <= ushort.MaxValue) ? port : null;
}
