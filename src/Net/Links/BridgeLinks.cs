using System.Collections.Generic;
using System.Linq;
using SharpRun.Cni;
using SharpRun.Linux;
using SharpRun.Net.Kernel;
using SharpRun.Netlink;
using static SharpRun.Netlink.RtNetlink;

namespace SharpRun.Net.Links;

/// <summary>The acts of the CNI plugin bridge on links, addresses and routes, and those of loopback.</summary>
static class BridgeLinks
{
    // The kernel tells by a work queue that a link has come up, at once or, when it thinks that nobody waits, after a second (net/core/link_watch.c).
    private const long FirstWait = 200_000, LongestWait = 20_000_000, WaitLimit = 3_000_000_000;

    /// <summary>Makes or completes the bridge, and the veth pair with all that the plan says. On a failure nothing of the pair is left; the bridge stays,
    /// which others may use already.</summary>
    public static LinkOutcome Add(LinkPlan plan)
    {
        using var netNs = NetNs.Open(plan.NetNs);
        using var host = RouteSocket.Open();
        var bridge = BridgeDevice.Ready(host, plan.Bridge);
        var gateway = BridgeDevice.ReadyGateway(host, bridge, plan);
        var mtu = plan.Mtu != 0 ? plan.Mtu : bridge.Mtu;
        var end = MakePair(host, plan, bridge, netNs, mtu);
        try
        {
            SetVlans(host, plan, bridge, end);
            using var inside = ContainerEnd.Open(netNs, plan, end.Lower);
            var link = inside.Configure();
            var (hostMac, bridgeMac) = AwaitUp(host, plan, bridge, end);
            inside.Announce(link);
            return new LinkOutcome(bridgeMac, end.Name, hostMac, link.Mac, link.Mtu)
            {
                VlanInterface = gateway.Index == bridge.Index ? null : new ResultInterface(gateway.Name, gateway.Mac),
            };
        }
        catch
        {
            Undo(host, end.Name);
            throw;
        }
    }

    /// <summary>Deletes the pair, from whichever side is there; what is not there is no error. The path may be empty, and the namespace gone.</summary>
    public static void Remove(string netnsPath, string ifName, string containerId)
    {
        using (var host = RouteSocket.Open())
        {
            var end = host.FindLink(HostEnd.NameOf(containerId, ifName));
            if (end is not null && HostEnd.IsOf(end, containerId, ifName))
            {
                Delete(host, end);
                return;
            }
        }
        // Not made by us, or not with these names: whatever pair has its end there is what is to go.
        using var netNs = NetNs.OpenIfThere(netnsPath);
        if (netNs is null)
        {
            return;
        }
        using var inside = new RouteSocket(netNs.OpenSocket(Native.NETLINK_ROUTE));
        if (inside.FindLink(ifName) is { Kind: "veth" } link)
        {
            Delete(inside, link);
        }
    }

    /// <summary>Throws a sentence for what is not as the plan and the result say.</summary>
    public static void Check(LinkPlan plan, CniResult result) => LinkChecks.Run(plan, result);

    /// <summary>Sets "lo" up; its addresses.</summary>
    public static IReadOnlyList<Cidr> AddLoopback(string netnsPath)
    {
        using var netNs = NetNs.Open(netnsPath);
        using var inside = new RouteSocket(netNs.OpenSocket(Native.NETLINK_ROUTE));
        var link = LoopbackOf(inside, netnsPath);
        inside.Begin($"set lo up in {netnsPath}", RTM_SETLINK).LinkFlags(link.Index, IFF_UP);
        inside.SendOrThrow();
        return inside.AddressesOf(link, AF_UNSPEC).ConvertAll(static address => new Cidr(address.Address, address.PrefixLength));
    }

    public static void CheckLoopback(string netnsPath)
    {
        using var netNs = NetNs.Open(netnsPath);
        using var inside = new RouteSocket(netNs.OpenSocket(Native.NETLINK_ROUTE));
        if (!LoopbackOf(inside, netnsPath).IsUp)
        {
            throw new NetError($"lo is down in {netnsPath}");
        }
    }

    /// <summary>The name of the host's end.</summary>
    public static string HostVethOf(string containerId, string ifName) => HostEnd.NameOf(containerId, ifName);

    /// <summary>The host's ends on a bridge that are ours and of this network, for GC: <see cref="RemoveHostVeth"/> deletes those that belong to no valid
    /// attachment.</summary>
    public static IReadOnlyList<string> HostVeths(string bridge, string network)
    {
        using var host = RouteSocket.Open();
        var names = new List<string>();
        if (host.FindLink(bridge) is not { Kind: "bridge" } link)
        {
            return names;
        }
        host.Dump($"list the ports of {bridge}", RTM_GETLINK, request => request.PortsQuestion(link.Index), (type, payload) =>
        {
            // Older kernels do not filter by all that was asked.
            if (type == RTM_NEWLINK && Link.From(payload) is { } port && port.Master == link.Index && HostEnd.IsOf(port, network))
            {
                names.Add(port.Name);
            }
        });
        return names;
    }

    /// <summary>By its index: the name may be another's by now. Not there is no error. One request, because each waits for the kernel's readers (RCU).</summary>
    public static void Delete(RouteSocket socket, Link link)
    {
        socket.Begin($"remove the interface {link.Name}", RTM_DELLINK).LinkFlags(link.Index, 0);
        if (socket.Send() is { Error: not Errno.ENODEV } refusal)
        {
            refusal.Throw();
        }
    }

    /// <summary>Deletes a pair by its host's end; not there is no error.</summary>
    public static void RemoveHostVeth(string name)
    {
        using var host = RouteSocket.Open();
        if (host.FindLink(name) is { } link)
        {
            Delete(host, link);
        }
    }

    private static Link MakePair(RouteSocket host, LinkPlan plan, Link bridge, NetNs netNs, int mtu)
    {
        var name = HostEnd.NameOf(plan.ContainerId, plan.IfName);
        // Looked for first: the kernel would go on behind a refused request and give another one's link our alias.
        if (host.FindLink(name) is { } there)
        {
            throw new NetError(HostEnd.IsOf(there, plan.ContainerId, plan.IfName)
                ? $"the container {plan.ContainerId} has an interface {plan.IfName} already: its other end is {name}"
                : $"the interface {name} is there already, and not of container {plan.ContainerId}");
        }
        Link? end = null;
        host.Begin($"make the interface {plan.IfName} in {plan.NetNs}, with {name} on {bridge.Name}", RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL)
            .NewPair(name, bridge.Index, mtu, netNs.Fd, plan.IfName, plan.Mac is { } mac ? MacAddress.ToBytes(mac) : null);
        host.Begin($"set up {name} as a port of {bridge.Name}", RTM_NEWLINK)
            .Port(name, HostEnd.AliasOf(plan.Network, plan.ContainerId, plan.IfName), plan.Hairpin, plan.PortIsolation);
        host.Begin($"look at {name}", RTM_GETLINK).LinkQuestion(name);
        var refusal = host.Send((type, payload) => end = type == RTM_NEWLINK ? Link.From(payload) : end);
        if (refusal is null && end is not null)
        {
            return end;
        }
        if (refusal is { Error: Errno.EEXIST })
        {
            throw new NetError($"there is an interface {plan.IfName} already in {plan.NetNs}");
        }
        Undo(host, name);
        refusal?.Throw();
        throw new NetError($"the interface {name} has been deleted while it was made");
    }

    private static void SetVlans(RouteSocket host, LinkPlan plan, Link bridge, Link end)
    {
        if (plan.Vlan == 0 && plan.VlanTrunk.Count == 0)
        {
            return;
        }
        var wanted = plan.VlanTrunk.Select(static range => (range.First, range.Last, Flags: 0)).ToList();
        if (plan.Vlan != 0)
        {
            // The last word about a VLAN counts.
            wanted.Add((plan.Vlan, plan.Vlan, BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED));
        }
        host.Begin($"put {end.Name} into its VLANs on {bridge.Name}", RTM_SETLINK).Vlans(end.Index, isBridge: false, [.. wanted]);
        var unwanted = bridge.DefaultVlan;
        if (!plan.PreserveDefaultVlan && unwanted != 0 && !wanted.Exists(range => range.First <= unwanted && unwanted <= range.Last))
        {
            host.Begin($"take {end.Name} out of the VLAN {unwanted} of {bridge.Name}", RTM_DELLINK).Vlans(end.Index, isBridge: false, (unwanted, unwanted, 0));
        }
        host.SendOrThrow();
    }

    // The bridge's address may have changed with the new port, when it was made by hand.
    private static (string HostMac, string BridgeMac) AwaitUp(RouteSocket host, LinkPlan plan, Link bridge, Link end)
    {
        var until = Sys.MonotonicNanoseconds() + WaitLimit;
        for (var wait = FirstWait; ; wait = long.Min(wait * 2, LongestWait))
        {
            var (hostMac, bridgeMac, isUp) = ("", bridge.Mac, plan.IsDisabled);
            host.Begin($"look at {end.Name}", RTM_GETLINK).LinkQuestion("", end.Index);
            host.Begin($"look at {bridge.Name}", RTM_GETLINK).LinkQuestion("", bridge.Index);
            host.SendOrThrow((type, payload) =>
            {
                if (type != RTM_NEWLINK || Link.From(payload) is not { } link)
                {
                    return;
                }
                if (link.Index == end.Index)
                {
                    (hostMac, isUp) = (link.Mac, isUp || link.IsOperUp);
                }
                else
                {
                    bridgeMac = link.Mac;
                }
            });
            if (isUp)
            {
                return (hostMac, bridgeMac);
            }
            if (Sys.MonotonicNanoseconds() > until)
            {
                throw new NetError($"the port {end.Name} of {bridge.Name} does not come up");
            }
            Sys.Nanosleep(wait);
        }
    }

    private static Link LoopbackOf(RouteSocket inside, string netnsPath) =>
        inside.FindLink("lo") is { } link && (link.Flags & IFF_LOOPBACK) != 0 ? link : throw new NetError($"there is no lo in {netnsPath}");

    private static void Undo(RouteSocket host, string name)
    {
        host.Begin($"remove the interface {name}", RTM_DELLINK).LinkName(name);
        _ = host.Send();
    }
}
