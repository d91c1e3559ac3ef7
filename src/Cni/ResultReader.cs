using System;
using System.Collections.Generic;
using System.Net;
using SharpRun.Json;

namespace SharpRun.Cni;

/// <summary>A result of another plugin, or one of ours that comes back as prevResult. The versions from 0.3.0 on differ only in members that
/// one has and another has not, so one reader is enough; interfaces may be missing (an IPAM plugin's result has none).</summary>
public static class ResultReader
{
    /// <summary>A bridge's result has three interfaces and a few addresses; a stranger's does not fill our memory.</summary>
    private const int MostElements = 1000;

    public static CniResult Read(ReadOnlySpan<byte> document, string what) => Read(JsonPart.Read(document, NetworkConfig.MaxLength, what));

    public static CniResult Read(JsonPart part)
    {
        var fields = new Fields(part, ["cniVersion", "interfaces", "ips", "routes", "dns"], anyCase: true);
        if (fields.Text("cniVersion") is { } version && CniCheck.ResultVersionIsSupported.Fails(!CniVersion.IsSupported(version)))
        {
            throw new CniError(CniCode.IncompatibleVersion, part.Problem($"the result is of CNI {version}; {string.Join(", ", CniVersion.Supported)} are supported").Message);
        }
        return new CniResult
        {
            Interfaces = fields.Find("interfaces")?.Items(MostElements).ConvertAll(Interface) ?? [],
            Ips = fields.Find("ips")?.Items(MostElements).ConvertAll(Ip) ?? [],
            Routes = fields.Find("routes")?.Items(MostElements).ConvertAll(Route) ?? [],
            Dns = fields.Find("dns") is { } dns ? Dns(dns) : new(),
        };
    }

    public static ResultDns Dns(JsonPart part)
    {
        var fields = new Fields(part, ["nameservers", "domain", "search", "options"], anyCase: true);
        return new ResultDns
        {
            Nameservers = Texts("nameservers"),
            Domain = fields.Text("domain"),
            Search = Texts("search"),
            Options = Texts("options"),
        };

        List<string> Texts(string name) => fields.Find(name)?.Items(MostElements).ConvertAll(item => item.Text()) ?? [];
    }

    public static ResultRoute Route(JsonPart part)
    {
        var fields = new Fields(part, ["dst", "gw", "mtu", "advmss", "priority", "table", "scope"], anyCase: true);
        var route = new ResultRoute(Cidr(fields.Require("dst")), Address(fields.Find("gw")))
        {
            Mtu = Number("mtu"),
            AdvMss = Number("advmss"),
            Priority = Number("priority"),
            Table = Number("table"),
            Scope = Number("scope"),
        };
        if (route.Gateway is { } gateway && CniCheck.RouteIsOfOneFamily.Fails(gateway.IsV6() != route.Destination.IsV6))
        {
            throw part.Invalid($"the gateway {gateway} is not of the family of {route.Destination}");
        }
        return route;

        int? Number(string name) => fields.Find(name) is { } number ? Within(number, 0, int.MaxValue) : null;
    }

    public static int Within(JsonPart part, int least, int most)
    {
        var number = part.Integer();
        return CniCheck.NumberIsWithin.Passes(number >= least && number <= most) ? (int)number : throw part.Invalid($"{number} is not within {least} and {most}");
    }

    /// <summary>Null for none, and for "".</summary>
    public static IPAddress? Address(JsonPart? part)
    {
        if (part?.Text() is not { Length: > 0 } text)
        {
            return null;
        }
        return CniCheck.AddressIsOne.Passes(IpText.TryParse(text, out var address)) ? address : throw part.Value.Invalid($"\"{JsonPart.Short(text)}\" is no IP address");
    }

    public static Cidr Cidr(JsonPart part)
    {
        var text = part.Text();
        return CniCheck.PrefixIsOne.Passes(Cni.Cidr.TryParse(text, out var cidr)) ? cidr : throw part.Invalid($"\"{JsonPart.Short(text)}\" is no IP address with the length of a prefix");
    }

    private static ResultInterface Interface(JsonPart part)
    {
        var fields = new Fields(part, ["name", "mac", "sandbox", "mtu", "socketPath", "pciID"], anyCase: true);
        return new ResultInterface(fields.Require("name").Text(), fields.Text("mac") ?? "", fields.Text("sandbox"),
            fields.Find("mtu") is { } mtu ? Within(mtu, 0, int.MaxValue) : 0)
        {
            SocketPath = fields.Text("socketPath"),
            PciId = fields.Text("pciID"),
        };
    }

    private static ResultIp Ip(JsonPart part)
    {
        // "version" ("4" or "6", before 1.0.0) says again what the address is.
        var fields = new Fields(part, ["version", "address", "gateway", "interface"], anyCase: true);
        // Of no interface is -1 in some results of 0.3.0.
        int? index = fields.Find("interface") is { } number && Within(number, -1, MostElements) is >= 0 and var at ? at : null;
        return new ResultIp(Cidr(fields.Require("address")), Address(fields.Find("gateway")), index);
    }
}
