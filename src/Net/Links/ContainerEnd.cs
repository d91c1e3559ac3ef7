using System.Linq;
using System.Net;
using SharpRun.Cni;
using SharpRun.Linux;
using SharpRun.Net.Kernel;
using SharpRun.Netlink;
using static SharpRun.Netlink.RtNetlink;

namespace SharpRun.Net.Links;

/// <summary>The interface in the container: addresses, up, routes, in one datagram.</summary>
static class ContainerEnd
{
    public static Link Configure(NetNs netNs, LinkPlan plan, int index)
    {
        NetlinkSocket? socket = null;
        netNs.Enter(() =>
        {
            Settle(plan);
            socket = NetlinkSocket.Open(Native.NETLINK_ROUTE);
        });
        using var inside = new RouteSocket(socket!);
        Link? link = null;
        if (!plan.IsDisabled)
        {
            Write(inside, plan, index);
        }
        inside.Begin($"look at {plan.IfName} in {plan.NetNs}", RTM_GETLINK).LinkQuestion("", index);
        inside.SendOrThrow((type, payload) => link = type == RTM_NEWLINK ? Link.From(payload) : link);
        return link ?? throw new NetError($"the interface {plan.IfName} in {plan.NetNs} has been deleted while it was set up");
    }

    /// <summary>The route as the kernel has it.</summary>
    public static Route RouteOf(LinkPlan plan, ResultRoute route, int index) => new(route.Destination.Network.Address, route.Destination.PrefixLength)
    {
        Gateway = route.Gateway,
        Interface = index,
        Table = (uint)(route.Table ?? RT_TABLE_MAIN),
        Priority = (uint)(route.Priority ?? 0),
        Scope = (byte)(route.Scope ?? 0),
        Mtu = (uint)(route.Mtu ?? 0),
        AdvMss = (uint)(route.AdvMss ?? 0),
        // A link's own fe80:: is in every network.
        IsOnLink = route.Gateway is { IsIPv6LinkLocal: false } gateway && !plan.Addresses.Any(ip => ip.Address.Contains(gateway)),
    };

    // Settings that are read when the interface comes up, or gets an address. Where IPv6 is off they are not there.
    private static void Settle(LinkPlan plan)
    {
        var name = plan.IfName;
        if (plan.EnableDad)
        {
            Sysctl.Set($"ipv6/conf/{name}/accept_dad", "1");
            Sysctl.Set($"ipv6/conf/{name}/enhanced_dad", "1");
        }
        else
        {
            // The link's own address too is there at once; with a hairpin it would meet its own question as a duplicate.
            Sysctl.Set($"ipv6/conf/{name}/accept_dad", "0");
        }
        if (plan.Addresses.Any(static ip => ip.Address.IsV6))
        {
            Sysctl.SetOrThrow("ipv6/conf/lo/disable_ipv6", "0");
            Sysctl.SetOrThrow($"ipv6/conf/{name}/disable_ipv6", "0");
            // Neighbours that know the address of a container before learn the new hardware address.
            Sysctl.Set($"ipv6/conf/{name}/ndisc_notify", "1");
        }
    }

    private static void Write(RouteSocket inside, LinkPlan plan, int index)
    {
        inside.Begin($"let {plan.IfName} tell its addresses", RTM_SETLINK).ArpNotify(index);
        // Before it comes up: then they are told.
        foreach (var ip in plan.Addresses)
        {
            var flags = ip.Address.IsV6 && !plan.EnableDad ? IFA_F_NODAD : 0;
            inside.Begin($"give {plan.IfName} the address {ip.Address}", RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL)
                .Address(index, ip.Address.Address, ip.Address.PrefixLength, flags);
        }
        inside.Begin($"set {plan.IfName} up", RTM_SETLINK).LinkFlags(index, IFF_UP);
        foreach (var route in plan.Routes)
        {
            var act = route.Gateway is null ? $"make the route to {route.Destination}" : $"make the route to {route.Destination} by {route.Gateway}";
            inside.Begin(act, RTM_NEWROUTE, NLM_F_CREATE).Route(RouteOf(plan, route, index));
        }
    }
}
