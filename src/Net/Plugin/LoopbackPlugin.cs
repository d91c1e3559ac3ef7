using SharpRun.Cni;
using SharpRun.Net.Links;

namespace SharpRun.Net.Plugin;

/// <summary>Sets "lo" up, whatever CNI_IFNAME says.</summary>
static class LoopbackPlugin
{
    private const string Name = "lo", Mac = "00:00:00:00:00:00";

    public static CniResult Add(PluginCall call)
    {
        PluginNamespace.RequireOther(call);
        var addresses = BridgeLinks.AddLoopback(call.NetNs);
        if (call.Config.PrevResult is { } before)
        {
            return before;
        }
        var result = new CniResult { Interfaces = [new ResultInterface(Name, Mac, call.NetNs)] };
        foreach (var address in addresses)
        {
            result.Ips.Add(new ResultIp(address, null, 0));
        }
        return result;
    }

    public static void Check(PluginCall call) => BridgeLinks.CheckLoopback(call.NetNs);
}
