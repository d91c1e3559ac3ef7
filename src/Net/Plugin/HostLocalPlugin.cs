using SharpRun.Cni;

namespace SharpRun.Net.Plugin;

/// <summary>host-local as a plugin of its own, for other interface plugins.</summary>
static class HostLocalPlugin
{
    public static CniResult? Add(PluginCall call) => Ipam.Add(call);

    public static void Remove(PluginCall call) => Ipam.Remove(call);

    public static void Check(PluginCall call)
    {
        call.RequirePrevResult();
        Ipam.Check(call);
    }

    public static void Collect(PluginCall call) => Ipam.Collect(call);

    public static void Status(PluginCall call) => Ipam.Status(call);
}
