using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using SharpRun.Json;

namespace SharpRun.Cni;

/// <summary>"ipam", and what args and runtimeConfig add to it. The rules are those of the plugin host-local.</summary>
static class IpamReader
{
    private const int MostSets = 64, MostRanges = 1000, MostRoutes = 1000;

    public static IpamConfig Read(JsonPart part, CniArgs args, Fields given, Fields runtime, bool isForHostLocal)
    {
        var fields = new Fields(part, ["type", "subnet", "rangeStart", "rangeEnd", "gateway", "ranges", "routes", "dataDir", "resolvConf"], anyCase: true);
        var type = fields.Text("type") ?? "";
        if (!isForHostLocal && type != IpamConfig.HostLocal)
        {
            return CniCheck.IpamHasNoPath.Fails(type.Contains('/')) ? throw fields.Require("type").Invalid("a plugin's name has no slash") : new IpamConfig { Type = type };
        }
        var sets = new List<IReadOnlyList<AddressRange>>();
        sets.AddRange(Sets(runtime.Find("ipRanges")));
        if (fields.Text("subnet") is not null)
        {
            sets.Add([Range(part, fields)]);
        }
        sets.AddRange(Sets(fields.Find("ranges")));
        RequireSane(part, sets);
        return new IpamConfig
        {
            Type = IpamConfig.HostLocal,
            RangeSets = sets,
            Routes = fields.Find("routes")?.Items(MostRoutes).ConvertAll(ResultReader.Route) ?? [],
            DataDirectory = Absolute(fields.Find("dataDir")) ?? IpamConfig.DefaultDataDirectory,
            ResolvConf = Absolute(fields.Find("resolvConf")),
            Requested = [.. Requested(args, given.Find("ips"), runtime.Find("ips")).Distinct()],
        };
    }

    private static List<IPAddress> Requested(CniArgs args, JsonPart? given, JsonPart? runtime)
    {
        List<IPAddress> requested = args.Ip is null ? [] : [args.Ip];
        foreach (var part in new[] { given, runtime })
        {
            requested.AddRange(part?.Items(MostRanges).ConvertAll(item =>
                CniCheck.RequestIsAnAddress.Passes(IpText.TryParseLoose(item.Text(), out var ip)) ? ip : throw item.Invalid($"\"{JsonPart.Short(item.Text())}\" is no IP address")) ?? []);
        }
        return requested;
    }

    private static List<IReadOnlyList<AddressRange>> Sets(JsonPart? part) => part?.Items(MostSets).ConvertAll(Set) ?? [];

    private static IReadOnlyList<AddressRange> Set(JsonPart part)
    {
        var ranges = part.Items(MostRanges).ConvertAll(item => Range(item, new Fields(item, ["subnet", "rangeStart", "rangeEnd", "gateway"], anyCase: true)));
        if (CniCheck.SetHasARange.Fails(ranges.Count == 0))
        {
            throw part.Invalid("the set has no range");
        }
        for (var i = 1; i < ranges.Count; i++)
        {
            if (CniCheck.SetIsOfOneFamily.Fails(ranges[i].IsV6 != ranges[0].IsV6))
            {
                throw part.Invalid("the set has ranges of IPv4 and of IPv6: each family needs a set of its own");
            }
            var other = ranges.FindIndex(0, i, range => range.Overlaps(ranges[i]));
            if (CniCheck.RangesAreApart.Fails(other >= 0))
            {
                throw part.Invalid($"the ranges {ranges[other]} and {ranges[i]} overlap");
            }
        }
        return ranges;
    }

    private static AddressRange Range(JsonPart part, Fields fields)
    {
        var subnetPart = fields.Require("subnet");
        var subnet = ResultReader.Cidr(subnetPart);
        if (CniCheck.SubnetHasNoHost.Fails(!subnet.IsNetwork))
        {
            throw subnetPart.Invalid($"{subnet} has bits of a host: the network is {subnet.Network}");
        }
        if (CniCheck.SubnetHasRoom.Fails(subnet.PrefixLength > (subnet.IsV6 ? 126 : 30)))
        {
            throw subnetPart.Invalid($"{subnet} is too small: network, gateway and broadcast leave no address");
        }
        var beforeFirst = subnet.Address.ToNumber();
        var range = new AddressRange(subnet,
            Inside("rangeStart") ?? IpText.ToAddress(beforeFirst + 1, subnet.IsV6),
            // IPv6 has no broadcast.
            Inside("rangeEnd") ?? IpText.ToAddress(subnet.Last.ToNumber() - (subnet.IsV6 ? 0u : 1u), subnet.IsV6),
            Gateway() ?? IpText.ToAddress(beforeFirst + 1, subnet.IsV6));
        return CniCheck.RangeIsInOrder.Passes(range.First.ToNumber() <= range.Last.ToNumber()) ? range : throw part.Invalid($"rangeStart {range.First} is behind rangeEnd {range.Last}");

        // The reference takes one of another network too.
        IPAddress? Gateway()
        {
            var address = ResultReader.Address(fields.Find("gateway"));
            return CniCheck.GatewayIsOfTheFamily.Passes(address is null || address.IsV6() == subnet.IsV6)
                ? address : throw fields.Require("gateway").Invalid($"{address} is not of the family of {subnet}");
        }

        IPAddress? Inside(string name)
        {
            var address = ResultReader.Address(fields.Find(name));
            return CniCheck.RangeIsInTheSubnet.Passes(address is null || subnet.Contains(address))
                ? address : throw fields.Require(name).Invalid($"{address} is not in {subnet}");
        }
    }

    private static void RequireSane(JsonPart part, List<IReadOnlyList<AddressRange>> sets)
    {
        if (CniCheck.ThereAreRanges.Fails(sets.Count == 0))
        {
            throw part.Invalid("neither \"ranges\" nor \"subnet\" says which addresses there are");
        }
        for (var i = 1; i < sets.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (CniCheck.SetsAreApart.Fails(sets[i].Any(range => sets[j].Any(range.Overlaps))))
                {
                    throw part.Invalid($"the sets of ranges {j} and {i} overlap");
                }
            }
        }
    }

    private static string? Absolute(JsonPart? part)
    {
        if (part?.Text() is not { Length: > 0 } path)
        {
            return null;
        }
        return CniCheck.PathIsAbsolute.Passes(path[0] == '/') ? path : throw part.Value.Invalid($"\"{JsonPart.Short(path)}\" is no absolute path");
    }
}
