using SharpRun.Cni;
using SharpRun.Net.Links;

namespace SharpRun.Net.Plugin;

/// <summary>What the specification asks about the container's network namespace before anything is done in it.</summary>
static class PluginNamespace
{
    /// <summary>It is there, and not our own: a caller that gives the host's would have it taken to pieces.</summary>
    public static void RequireOther(PluginCall call)
    {
        using var netns = NetNs.Open(call.NetNs);
        RequireOther(call, netns);
    }

    /// <summary>The same for DEL, when it is there.</summary>
    public static void RequireOtherIfThere(PluginCall call)
    {
        using var netns = call.NetNs.Length == 0 ? null : NetNs.OpenIfThere(call.NetNs);
        if (netns is not null)
        {
            RequireOther(call, netns);
        }
    }

    private static void RequireOther(PluginCall call, NetNs netns)
    {
        if (NetCheck.ContainerIsNotTheHost.Fails(netns.IsSameAsOwn && !call.Environment.MayBeOwnNetNs))
        {
            throw new CniError(CniCode.InvalidNetNs, $"CNI_NETNS: {call.NetNs} is the plugin's own network namespace");
        }
    }
}
