using System;
using SharpRun.Cni;
using SharpRun.Net.Leases;

namespace SharpRun.Net.Plugin;

/// <summary>Addresses for a plugin that has "ipam" in its configuration: host-local is answered in this process, any other by the plugin of
/// that name. Without ipam nothing happens.</summary>
static class Ipam
{
    /// <summary>Addresses, routes, dns; null without ipam.</summary>
    public static CniResult? Add(PluginCall call)
    {
        if (!call.Config.HasAddresses)
        {
            return null;
        }
        var ipam = call.Config.Ipam!;
        if (ipam.IsHostLocal)
        {
            return HostLocal.Add(ipam, call.Config.Name, new LeaseOwner(call.ContainerId, call.IfName, call.NetNs));
        }
        try
        {
            var result = ResultReader.Read(ForeignPlugin.Run(ipam.Type, CniVerb.Add, call), $"result of plugin {ipam.Type}");
            return NetCheck.IpamGivesAnAddress.Passes(result.Ips.Count > 0) ? result : throw new CniError(CniCode.Refused, $"plugin {ipam.Type}: its result has no address");
        }
        catch (Exception)
        {
            // The specification: a delegate that failed is called again with DEL, since it may have done half.
            var undo = new Undo();
            undo.Add(() => Remove(call));
            undo.Run();
            throw;
        }
    }

    public static void Remove(PluginCall call) =>
        Act(call, CniVerb.Del, ipam => HostLocal.Remove(ipam, call.Config.Name, call.ContainerId, call.IfName));

    public static void Check(PluginCall call) =>
        Act(call, CniVerb.Check, ipam => HostLocal.Check(ipam, call.Config.Name, call.ContainerId, call.IfName));

    public static void Collect(PluginCall call) =>
        Act(call, CniVerb.GC, ipam => HostLocal.Collect(ipam, call.Config.Name, call.RequireValidAttachments()));

    public static void Status(PluginCall call) =>
        Act(call, CniVerb.Status, ipam => HostLocal.Status(ipam, call.Config.Name));

    private static void Act(PluginCall call, CniVerb verb, Action<IpamConfig> hostLocal)
    {
        if (!call.Config.HasAddresses)
        {
            return;
        }
        if (call.Config.Ipam!.IsHostLocal)
        {
            hostLocal(call.Config.Ipam);
            return;
        }
        ForeignPlugin.Run(call.Config.Ipam.Type, verb, call);
    }
}
