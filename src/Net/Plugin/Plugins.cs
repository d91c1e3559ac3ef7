using SharpRun.Cni;

namespace SharpRun.Net.Plugin;

/// <summary>Our plugins by name and verb. People's verbs call them too, in the same process.</summary>
static class Plugins
{
    /// <summary>The result of ADD; null for the other verbs. Throws CniError, JsonError, NetError, ErrnoException.</summary>
    public static CniResult? Act(string plugin, PluginCall call)
    {
        RequireVersion(call);
        return (plugin, call.Environment.Verb) switch
        {
            (PluginNames.Bridge, CniVerb.Add) => BridgePlugin.Add(call),
            (PluginNames.Bridge, CniVerb.Del) => Done(BridgePlugin.Remove, call),
            (PluginNames.Bridge, CniVerb.Check) => Done(BridgePlugin.Check, call),
            (PluginNames.Bridge, CniVerb.GC) => Done(BridgePlugin.Collect, call),
            (PluginNames.Bridge, CniVerb.Status) => Done(BridgePlugin.Status, call),
            (PluginNames.HostLocal, CniVerb.Add) => HostLocalPlugin.Add(call),
            (PluginNames.HostLocal, CniVerb.Del) => Done(HostLocalPlugin.Remove, call),
            (PluginNames.HostLocal, CniVerb.Check) => Done(HostLocalPlugin.Check, call),
            (PluginNames.HostLocal, CniVerb.GC) => Done(HostLocalPlugin.Collect, call),
            (PluginNames.HostLocal, CniVerb.Status) => Done(HostLocalPlugin.Status, call),
            (PluginNames.Portmap, CniVerb.Add) => PortmapPlugin.Add(call),
            (PluginNames.Portmap, CniVerb.Del) => Done(PortmapPlugin.Remove, call),
            (PluginNames.Portmap, CniVerb.Check) => Done(PortmapPlugin.Check, call),
            (PluginNames.Portmap, CniVerb.GC) => Done(PortmapPlugin.Collect, call),
            (PluginNames.Portmap, CniVerb.Status) => Done(PortmapPlugin.Status, call),
            (PluginNames.Loopback, CniVerb.Add) => LoopbackPlugin.Add(call),
            (PluginNames.Loopback, CniVerb.Check) => Done(LoopbackPlugin.Check, call),
            // lo goes with its namespace, and another network may still want it until then.
            (PluginNames.Loopback, _) => null,
            _ => throw new CniError(CniCode.InvalidConfig, $"there is no plugin \"{plugin}\" in this program"),
        };
    }

    private static CniResult? Done(System.Action<PluginCall> act, PluginCall call)
    {
        act(call);
        return null;
    }

    private static void RequireVersion(PluginCall call)
    {
        var least = call.Environment.Verb switch
        {
            CniVerb.Check => "0.4.0",
            CniVerb.GC or CniVerb.Status => "1.1.0",
            _ => "0.3.0",
        };
        if (NetCheck.VersionHasTheVerb.Fails(!CniVersion.IsAtLeast(call.Config.CniVersion, least)))
        {
            throw new CniError(CniCode.IncompatibleVersion, $"the configuration is of CNI {call.Config.CniVersion}, which has no {call.Environment.Verb.ToString().ToUpperInvariant()}");
        }
    }
}
