using System.Collections.Generic;
using SharpRun.Cni;
using SharpRun.Net.Firewall;
using SharpRun.Net.Plugin;

namespace SharpRun.Net.Attachments;

/// <summary>The rules of an attachment, from its record alone.</summary>
static class SavedRules
{
    public static List<FirewallPlan> Of(AttachmentRecord record)
    {
        var plans = new List<FirewallPlan>();
        if (record.Result is not { } result)
        {
            return plans;
        }
        using var changes = new RuleChanges();
        foreach (var plugin in record.Network.List.Plugins)
        {
            var plan = plugin.Type switch
            {
                PluginNames.Bridge => OfBridge(PluginChain.CallOf(CniVerb.Check, record, plugin, result, changes), result),
                PluginNames.Portmap => PortmapPlugin.PlanOf(PluginChain.CallOf(CniVerb.Check, record, plugin, result, changes), result),
                _ => null,
            };
            if (plan is not null)
            {
                plans.Add(plan);
            }
        }
        return plans;
    }

    private static FirewallPlan? OfBridge(PluginCall call, CniResult result)
    {
        var index = result.Interfaces.FindIndex(one => one.Name == call.IfName && one.Sandbox == call.NetNs);
        return index < 0 ? null : BridgePlans.Of(call, BridgeConfig.Read(call.Config), result, index).Firewall;
    }
}
