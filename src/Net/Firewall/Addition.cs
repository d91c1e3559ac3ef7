using System;
using System.Collections.Generic;
using SharpRun.Linux;
using SharpRun.Netlink;

namespace SharpRun.Net.Firewall;

/// <summary>Puts the rules of attachments into the table, and makes what they stand on.</summary>
sealed class Addition(IReadOnlyList<PlanRules> plans)
{
    /// <summary>Two of these attachments want the same host port, or one wants it twice.</summary>
    public void CheckAmongThemselves()
    {
        var owners = new List<(PortElement Port, Tag Tag)>();
        foreach (var plan in plans)
        {
            foreach (var port in plan.Ports)
            {
                foreach (var (other, tag) in owners)
                {
                    if (NetCheck.PortsAreApart.Fails(Overlap(port.Map.Name, port.Key, other.Map.Name, other.Key)))
                    {
                        throw Taken(port.Port, tag);
                    }
                }
                owners.Add((port, plan.Plan.Tag));
            }
        }
    }

    /// <summary>Lets the host's 127.0.0.1 send by the bridge. Never switched off again: other containers use it, and the guard stays before it.</summary>
    public void OpenLoopback()
    {
        foreach (var plan in plans)
        {
            if (plan.LoopbackBridge is { } bridge)
            {
                SwitchOn($"/proc/sys/net/ipv4/conf/{bridge}/route_localnet", $"let 127.0.0.1 reach the bridge {bridge}");
            }
        }
    }

    public void Write(TableState state, NftBatch batch)
    {
        CheckPorts(state);
        foreach (var plan in plans)
        {
            Removal.Write(state, plan.Plan.Tag, batch);
        }
        if (!Exists(plans, static plan => !plan.IsEmpty))
        {
            return;
        }
        if (!state.Exists)
        {
            batch.AddTable();
        }
        WriteBase(state, batch);
        WriteFixed(state, batch);
        foreach (var plan in plans)
        {
            foreach (var rule in plan.Rules)
            {
                batch.AddRule(Table.Postrouting, rule, plan.UserData);
            }
            foreach (var port in plan.Ports)
            {
                batch.AddOwnElement(port.Map.Name, port.Key, port.Data, plan.UserData);
            }
            if (plan.LoopbackBridge is { } bridge)
            {
                batch.AddElement(Table.Bridges, PlanRules.InterfaceName(bridge));
            }
        }
    }

    private void WriteBase(TableState state, NftBatch batch)
    {
        Table.AddPostrouting(state, batch);
        if (!Exists(plans, static plan => plan.Ports.Count > 0))
        {
            return;
        }
        Table.AddPorts(state, batch);
        foreach (var isV6 in (ReadOnlySpan<bool>)[false, true])
        {
            if (Exists(plans, plan => plan.Ports.Exists(port => port.IsV6 == isV6)))
            {
                AddSet(state, batch, Table.PortsOf(isV6, hasHostIp: true));
                AddSet(state, batch, Table.PortsOf(isV6, hasHostIp: false));
            }
        }
        if (Exists(plans, static plan => plan.LoopbackBridge is not null))
        {
            Table.AddGuard(state, batch);
            AddSet(state, batch, Table.BridgesSet);
        }
    }

    private static void AddSet(TableState state, NftBatch batch, NftSet set)
    {
        if (NetCheck.SetIsNew.Passes(!state.HasSet(set.Name)))
        {
            batch.AddSet(set);
        }
    }

    // Where one of several is missing (somebody flushed, or deleted it) all are made anew, since their order matters.
    private void WriteFixed(TableState state, NftBatch batch)
    {
        var done = new HashSet<FixedRules>();
        foreach (var plan in plans)
        {
            foreach (var rules in plan.Fixed())
            {
                var there = FirewallCheck.There(state, rules);
                if (NetCheck.FixedRulesAreMadeOnce.Fails(!done.Add(rules)) || NetCheck.FixedRulesAreNotAllThere.Fails(there.Count == rules.Rules.Length))
                {
                    continue;
                }
                foreach (var rule in there)
                {
                    batch.DeleteRule(rule.Chain, rule.Handle);
                }
                foreach (var rule in rules.Rules)
                {
                    batch.AddRule(rules.Chain, rule, default);
                }
            }
        }
    }

    private void CheckPorts(TableState state)
    {
        foreach (var plan in plans)
        {
            foreach (var port in plan.Ports)
            {
                foreach (var other in state.Ports)
                {
                    if (NetCheck.OwnPortIsReplaced.Passes(!Exists(plans, mine => mine.Plan.Tag == other.Tag))
                        && NetCheck.HostPortIsFree.Fails(Overlap(port.Map.Name, port.Key, other.Map, other.Element.Key)))
                    {
                        throw Taken(port.Port, other.Tag);
                    }
                }
            }
        }
    }

    private static NetError Taken(PortMapping port, Tag? tag) =>
        new($"publish {port}: {(tag is null ? "the host port is taken" : $"{tag.ContainerId} ({tag.IfName}, network {tag.Network}) has the host port")}");

    // The same port of the same address, or of all addresses and of one, as bind(2) sees it.
    private static bool Overlap(string map, byte[] key, string otherMap, byte[] otherKey)
    {
        const int portLength = 8;
        if (map == otherMap)
        {
            return key.AsSpan().SequenceEqual(otherKey);
        }
        return NetCheck.PortsAreOfOneFamily.Passes(map.Contains('6') == otherMap.Contains('6'))
            && NetCheck.KeyIsAPort.Passes(key.Length >= portLength && otherKey.Length >= portLength) && key.AsSpan(^portLength..).SequenceEqual(otherKey.AsSpan(^portLength..));
    }

    private static void SwitchOn(string path, string act)
    {
        Span<byte> value = stackalloc byte[1];
        var name = ZeroTerminated.Of(path);
        if (ProcFiles.Read(name, value) == 1 && value[0] == '1')
        {
            return;
        }
        var opened = Sys.Open(Native.AT_FDCWD, name, Native.O_WRONLY);
        opened.OrThrow(act);
        var error = Sys.WriteAll(opened.Value, "1"u8);
        Sys.Close(opened.Value);
        error.OrThrow(act);
    }

    private static bool Exists(IReadOnlyList<PlanRules> plans, Predicate<PlanRules> isOne)
    {
        foreach (var plan in plans)
        {
            if (isOne(plan))
            {
                return true;
            }
        }
        return false;
    }
}
