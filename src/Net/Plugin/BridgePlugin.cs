using System;
using System.Collections.Generic;
using System.Linq;
using SharpRun.Cni;
using SharpRun.Linux;
using SharpRun.Net.Firewall;
using SharpRun.Net.Kernel;
using SharpRun.Net.Links;

namespace SharpRun.Net.Plugin;

/// <summary>A veth pair between the container and a bridge of the host, with addresses from IPAM.</summary>
static class BridgePlugin
{
    public static CniResult Add(PluginCall call)
    {
        var config = BridgeConfig.Read(call.Config);
        PluginNamespace.RequireOther(call);
        var undo = new Undo();
        try
        {
            var addresses = Ipam.Add(call);
            undo.Add(() => Ipam.Remove(call));
            var plans = BridgePlans.Of(call, config, addresses);
            var outcome = BridgeLinks.Add(plans.Links);
            undo.Add(() => BridgeLinks.Remove(call.NetNs, call.IfName, call.ContainerId));
            if (plans.Firewall is not null)
            {
                call.Changes.Add(plans.Firewall);
            }
            return plans.ResultOf(outcome);
        }
        catch (Exception)
        {
            undo.Run();
            throw;
        }
    }

    /// <summary>Everything is tried, whatever of it is there: what a killed ADD has left, and what another tool has flushed.</summary>
    public static void Remove(PluginCall call)
    {
        PluginNamespace.RequireOtherIfThere(call);
        Each.Try(
            () => RemoveRules(call),
            () => BridgeLinks.Remove(call.NetNs, call.IfName, call.ContainerId),
            () => Ipam.Remove(call));
    }

    public static void Check(PluginCall call)
    {
        var config = BridgeConfig.Read(call.Config);
        var result = call.RequirePrevResult();
        var index = result.Interfaces.FindIndex(one => one.Name == call.IfName && one.Sandbox == call.NetNs);
        if (NetCheck.ResultHasTheInterface.Fails(index < 0))
        {
            throw new CniError(CniCode.InvalidConfig, $"network configuration: prevResult: it has no interface {call.IfName} in {call.NetNs}");
        }
        Ipam.Check(call);
        var plans = BridgePlans.Of(call, config, result, index);
        BridgeLinks.Check(plans.Links, result);
        if (plans.Firewall is not null)
        {
            if (call.Changes.Rules.Check(plans.Firewall) is { } missing)
            {
                throw new NetError(missing);
            }
        }
    }

    public static void Collect(PluginCall call)
    {
        var config = BridgeConfig.Read(call.Config);
        var valid = call.RequireValidAttachments();
        Each.Try(
            () => RuleGarbage.Remove(call.Changes.Rules, call.Config.Name, PluginNames.Bridge, valid),
            () => CollectLinks(call, config, valid),
            () => Ipam.Collect(call));
    }

    public static void Status(PluginCall call)
    {
        var config = BridgeConfig.Read(call.Config);
        try
        {
            NetlinkSocket.Open(Native.NETLINK_ROUTE).Dispose();
        }
        catch (ErrnoException error)
        {
            throw new CniError(CniCode.NotAvailable, error.Message);
        }
        if (config.IpMasq)
        {
            RuleGarbage.RequireTables(call.Config.Name);
        }
        Ipam.Status(call);
    }

    private static void CollectLinks(PluginCall call, BridgeConfig config, IReadOnlyList<Attachment> valid)
    {
        var unused = UnusedEnds(BridgeLinks.HostVeths(config.Bridge, call.Config.Name), valid);
        Each.Try([.. unused.Select(name => (Action)(() => BridgeLinks.RemoveHostVeth(name)))]);
    }

    /// <summary>Those of the host's ends that belong to no valid attachment.</summary>
    internal static IEnumerable<string> UnusedEnds(IReadOnlyList<string> ends, IReadOnlyList<Attachment> valid)
    {
        var kept = valid.Select(one => BridgeLinks.HostVethOf(one.ContainerId, one.IfName)).ToHashSet(StringComparer.Ordinal);
        return ends.Where(name => NetCheck.ValidLinkStays.Passes(!kept.Contains(name)));
    }

    private static void RemoveRules(PluginCall call)
    {
        try
        {
            call.Changes.Rules.Remove(BridgePlans.TagOf(call));
        }
        // Where rules cannot be changed, a network that never asked for any has none.
        catch (Exception error) when (error is NetError or ErrnoException && !Masquerades(call))
        {
        }
    }

    // A configuration that ADD has refused has never had rules.
    private static bool Masquerades(PluginCall call)
    {
        try
        {
            return BridgeConfig.Read(call.Config).IpMasq;
        }
        catch (Exception error) when (error is CniError or Json.JsonError)
        {
            return false;
        }
    }
}
