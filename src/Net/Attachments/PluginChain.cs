using System;
using System.Collections.Generic;
using System.Linq;
using SharpRun.Cni;
using SharpRun.Linux;
using SharpRun.Net.Plugin;

namespace SharpRun.Net.Attachments;

/// <summary>The plugins of a network, one after the other, as libcni runs them (CNI 1.1.0, "Section 3"). Ours are called in this process.</summary>
static class PluginChain
{
    public static CniResult Add(AttachmentRecord record)
    {
        var list = record.Network.List;
        CniResult? result = null;
        using var changes = new RuleChanges(isOfChain: list.Plugins.All(plugin => PluginNames.IsOurs(plugin.Type)));
        foreach (var plugin in list.Plugins)
        {
            result = Call(CniVerb.Add, record, plugin, result, changes) ?? result;
        }
        changes.Commit();
        return result ?? new CniResult();
    }

    /// <summary>Null when all plugins are there: what cannot be called to take it away is not made.</summary>
    public static string? Missing(AttachmentRecord record) => record.Network.List.Plugins.Select(plugin => plugin.Type)
        .FirstOrDefault(type => NetCheck.PluginIsThere.Fails(!PluginNames.IsOurs(type) && ForeignPlugin.Find(type, record.CniPath) is null));

    /// <summary>Takes away what there is of it, of all plugins whatever one of them says; then throws the first error.</summary>
    public static void Remove(AttachmentRecord record)
    {
        Exception? first = null;
        using var changes = new RuleChanges();
        foreach (var plugin in record.Network.List.Plugins.Reverse())
        {
            try
            {
                Call(CniVerb.Del, record, plugin, record.Result, changes);
            }
            catch (Exception error) when (error is CniError or ErrnoException or NetError or Json.JsonError)
            {
                first ??= error;
            }
        }
        if (first is not null)
        {
            throw new NetError($"take {record.NetNs} off network {record.Network.Name}: {first.Message}");
        }
    }

    public static void Check(AttachmentRecord record)
    {
        if (NetCheck.CheckIsAllowed.Fails(record.Network.List.DisableCheck))
        {
            return;
        }
        using var changes = new RuleChanges();
        foreach (var plugin in record.Network.List.Plugins)
        {
            Call(CniVerb.Check, record, plugin, record.Result, changes);
        }
    }

    /// <summary>What belongs to the network and to none of these goes.</summary>
    public static void Collect(KnownNetwork network, IReadOnlyList<Attachment> valid, string cniPath)
    {
        if (NetCheck.GcIsAllowed.Fails(network.List.DisableGc))
        {
            return;
        }
        using var changes = new RuleChanges();
        foreach (var plugin in network.List.Plugins)
        {
            var config = plugin.ToConfig(network.List, null, new RuntimeArguments(), valid);
            Call(plugin.Type, PluginCall.Read(new CniEnvironment { Verb = CniVerb.GC, Path = cniPath }, config, plugin.Type, changes));
        }
    }

    public static PluginCall CallOf(CniVerb verb, AttachmentRecord record, NetworkListPlugin plugin, CniResult? previous, RuleChanges changes) => PluginCall.Read(
        new CniEnvironment
        {
            Verb = verb,
            ContainerId = record.ContainerId,
            NetNs = record.NetNs,
            IfName = record.IfName,
            Args = record.CniArgs,
            Path = record.CniPath,
        }, plugin.ToConfig(record.Network.List, previous, record.Wishes), plugin.Type, changes);

    private static CniResult? Call(CniVerb verb, AttachmentRecord record, NetworkListPlugin plugin, CniResult? previous, RuleChanges changes) =>
        Call(plugin.Type, CallOf(verb, record, plugin, previous, changes));

    private static CniResult? Call(string type, PluginCall call)
    {
        if (PluginNames.IsOurs(type))
        {
            return Plugins.Act(type, call);
        }
        var answer = ForeignPlugin.Run(type, call.Environment.Verb, call);
        return call.Environment.Verb == CniVerb.Add ? ResultReader.Read(answer, $"result of the plugin {type}") : null;
    }
}
