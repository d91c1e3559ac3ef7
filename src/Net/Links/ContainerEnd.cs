using System;
using System.Linq;
using System.Net;
using SharpRun.Cni;
using SharpRun.Linux;
using SharpRun.Net.Kernel;
using SharpRun.Netlink;
using static SharpRun.Netlink.RtNetlink;

namespace SharpRun.Net.Links;

/// <summary>The interface in the container.</summary>
sealed class ContainerEnd : IDisposable
{
    private readonly LinkPlan _plan;
    private readonly int _index;
    private readonly RouteSocket _inside;

    private ContainerEnd(LinkPlan plan, int index, NetlinkSocket socket) => (_plan, _index, _inside) = (plan, index, new RouteSocket(socket));

    public static ContainerEnd Open(NetNs netNs, LinkPlan plan, int index)
    {
        NetlinkSocket? socket = null;
        netNs.Enter(() =>
        {
            if (plan.Addresses.Count > 0)
            {
                Settle(plan);
            }
            socket = NetlinkSocket.Open(Native.NETLINK_ROUTE);
        });
        return new ContainerEnd(plan, index, socket!);
    }

    /// <summary>Addresses, up, routes, in one datagram. The link as it is then.</summary>
    public Link Configure()
    {
        if (!_plan.IsDisabled)
        {
            Write(_inside, _plan, _index);
        }
        Link? link = null;
        _inside.Begin($"look at {_plan.IfName} in {_plan.NetNs}", RTM_GETLINK).LinkQuestion("", _index);
        _inside.SendOrThrow((type, payload) => link = type == RTM_NEWLINK ? Link.From(payload) : link);
        return link ?? throw new NetError($"the interface {_plan.IfName} in {_plan.NetNs} has been deleted while it was set up");
    }

    /// <summary>Tells the neighbours whose caches know the addresses with the hardware address of a container before. To be called when the port forwards:
    /// what the kernel tells when the interface comes up is lost in a port that does not yet. The hardware address, set again, makes it tell once more,
    /// by ARP and by neighbour advertisements.</summary>
    public void Announce(Link link)
    {
        if (!_plan.IsDisabled && _plan.Addresses.Count > 0)
        {
            _inside.Begin($"announce the addresses of {link.Name}", RTM_SETLINK).LinkFlags(_index, 0).Attribute(IFLA_ADDRESS, MacAddress.ToBytes(link.Mac));
            _inside.SendOrThrow();
        }
    }

    public void Dispose() => _inside.Dispose();

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
            // The same as arp_notify.
            Sysctl.Set($"ipv6/conf/{name}/ndisc_notify", "1");
        }
    }

    private static void Write(RouteSocket inside, LinkPlan plan, int index)
    {
        if (plan.Addresses.Count > 0)
        {
            inside.Begin($"let {plan.IfName} tell its addresses", RTM_SETLINK).ArpNotify(index);
        }
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
