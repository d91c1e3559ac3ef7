using SharpRun.Net.Kernel;
using SharpRun.Net.Links;
using SharpRun.Netlink;
using static SharpRun.Netlink.RtNetlink;

namespace SharpRun.Net.Attachments;

/// <summary>The bridge of the built-in network goes with its last port. The caller holds the network's lock, under which alone a port is plugged in.</summary>
static class UnusedBridge
{
    /// <summary>What is no bridge, or not there, or has a port, stays.</summary>
    public static void Remove(string name)
    {
        using var host = RouteSocket.Open();
        if (host.FindLink(name) is { } link && IsBridge(link) && !HasPort(host, link))
        {
            BridgeLinks.Delete(host, link);
        }
    }

    internal static bool IsBridge(Link link) => NetCheck.OnlyABridgeIsRemoved.Passes(link.Kind == "bridge");

    // A port of whatever kind. The kernel gives the links with this master alone.
    private static bool HasPort(RouteSocket host, Link bridge)
    {
        var has = false;
        host.Dump($"list the ports of {bridge.Name}", RTM_GETLINK, request => request.Struct(new IfInfoMsg(AF_UNSPEC)).UInt32(IFLA_MASTER, (uint)bridge.Index),
            (type, _) => has |= type == RTM_NEWLINK);
        return has;
    }
}
