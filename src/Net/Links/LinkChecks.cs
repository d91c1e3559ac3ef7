using System.Collections.Generic;
using System.Linq;
using SharpRun.Cni;
using SharpRun.Linux;
using SharpRun.Net.Kernel;
using SharpRun.Netlink;
using static SharpRun.Netlink.RtNetlink;

namespace SharpRun.Net.Links;

/// <summary>CHECK: whether what ADD made is still there. A difference is a sentence.</summary>
static class LinkChecks
{
    public static void Run(LinkPlan plan, CniResult result)
    {
        using var netNs = NetNs.Open(plan.NetNs);
        using var host = RouteSocket.Open();
        using var inside = new RouteSocket(netNs.OpenSocket(Native.NETLINK_ROUTE));
        var bridge = CheckBridge(host, plan, result);
        var end = CheckHostEnd(host, plan, result, bridge);
        var link = inside.FindLink(plan.IfName) ?? throw Missing($"the interface {plan.IfName} in {plan.NetNs}");
        RequireInside(plan, result, end, link);
        CheckAddresses(inside, plan, link);
        CheckRoutes(inside, plan, link);
    }

    internal static void RequireInside(LinkPlan plan, CniResult result, Link end, Link link)
    {
        if (NetCheck.EndsAreOfOnePair.Fails(link.Kind != "veth" || link.Lower != end.Index || end.Lower != link.Index))
        {
            throw new NetError($"the other end of {plan.IfName} in {plan.NetNs} is not {end.Name}");
        }
        CheckMac(link, $"{plan.IfName} in {plan.NetNs}", result.Interfaces.Find(one => one.Name == plan.IfName && one.Sandbox == plan.NetNs));
        if (NetCheck.MtuIsThePlans.Fails(plan.Mtu != 0 && link.Mtu != plan.Mtu))
        {
            throw new NetError($"the MTU of {plan.IfName} in {plan.NetNs} is {link.Mtu}, not {plan.Mtu}");
        }
        if (NetCheck.InterfaceIsUp.Fails(!plan.IsDisabled && !link.IsUp))
        {
            throw new NetError($"{plan.IfName} in {plan.NetNs} is down");
        }
    }

    private static Link CheckBridge(RouteSocket host, LinkPlan plan, CniResult result)
    {
        var bridge = host.FindLink(plan.Bridge.Name) ?? throw Missing($"the bridge {plan.Bridge.Name}");
        RequireBridge(plan, result, bridge);
        if (plan.Bridge.Addresses.Count > 0)
        {
            var gateway = plan.Vlan == 0 ? bridge : host.FindLink(BridgeDevice.VlanNameOf(bridge.Name, plan.Vlan))
                ?? throw Missing($"the interface {BridgeDevice.VlanNameOf(bridge.Name, plan.Vlan)}");
            CheckAddresses(host.AddressesOf(gateway, AF_UNSPEC), plan.Bridge.Addresses, gateway.Name);
        }
        return bridge;
    }

    internal static void RequireBridge(LinkPlan plan, CniResult result, Link bridge)
    {
        if (NetCheck.CheckedBridgeIsOne.Fails(bridge.Kind != "bridge"))
        {
            throw new NetError($"{bridge.Name} is not a bridge");
        }
        CheckMac(bridge, bridge.Name, result.Interfaces.Find(one => one.Name == bridge.Name && one.Sandbox is null));
        if (NetCheck.BridgeIsUp.Fails(!bridge.IsUp))
        {
            throw new NetError($"the bridge {bridge.Name} is down");
        }
        if (NetCheck.BridgeIsPromiscuous.Fails(plan.Bridge.Promiscuous && !bridge.IsPromiscuous))
        {
            throw new NetError($"the bridge {bridge.Name} is not promiscuous");
        }
        if (NetCheck.BridgeFiltersVlans.Fails(plan.Bridge.VlanFiltering && !bridge.VlanFiltering))
        {
            throw new NetError($"the bridge {bridge.Name} does not filter VLANs");
        }
    }

    private static Link CheckHostEnd(RouteSocket host, LinkPlan plan, CniResult result, Link bridge)
    {
        var name = HostEnd.NameOf(plan.ContainerId, plan.IfName);
        var end = host.FindLink(name) ?? throw Missing($"the interface {name}, the host's end of {plan.IfName},");
        RequireHostEnd(plan, result, bridge, end, name);
        return end;
    }

    internal static void RequireHostEnd(LinkPlan plan, CniResult result, Link bridge, Link end, string name)
    {
        CheckMac(end, name, result.Interfaces.Find(one => one.Name == name && one.Sandbox is null));
        if (NetCheck.EndIsAPortOfTheBridge.Fails(end.Master != bridge.Index))
        {
            throw new NetError($"{name} is not a port of {bridge.Name}");
        }
        if (NetCheck.PortIsAsPlanned.Fails(end.Hairpin != plan.Hairpin || end.Isolated != plan.PortIsolation))
        {
            throw new NetError($"the port {name} of {bridge.Name} has hairpin {OnOff(end.Hairpin)} and isolation {OnOff(end.Isolated)}, not {OnOff(plan.Hairpin)} and {OnOff(plan.PortIsolation)}");
        }
    }

    private static void CheckAddresses(RouteSocket inside, LinkPlan plan, Link link)
    {
        if (plan.Addresses.Count > 0)
        {
            CheckAddresses(inside.AddressesOf(link, AF_UNSPEC), plan.Addresses.Select(static ip => ip.Address), $"{link.Name} in {plan.NetNs}");
        }
    }

    internal static void CheckAddresses(List<LinkAddress> there, IEnumerable<Cidr> wanted, string name)
    {
        foreach (var cidr in wanted)
        {
            var found = there.FindIndex(address => address.PrefixLength == cidr.PrefixLength && address.Address.Equals(cidr.Address));
            if (NetCheck.AddressIsThere.Fails(found < 0))
            {
                throw new NetError($"{name} does not have the address {cidr}");
            }
            if (NetCheck.AddressIsNobodyElses.Fails((there[found].Flags & IFA_F_DADFAILED) != 0))
            {
                throw new NetError($"the address {cidr} of {name} is another's too");
            }
        }
    }

    private static void CheckRoutes(RouteSocket inside, LinkPlan plan, Link link)
    {
        var there = new List<Route>();
        foreach (var isV6 in plan.Routes.Select(static route => route.Destination.IsV6).Distinct())
        {
            inside.Dump($"list the routes in {plan.NetNs}", RTM_GETROUTE, request => request.RouteQuestion(isV6 ? AF_INET6 : AF_INET), (type, payload) =>
            {
                if (type == RTM_NEWROUTE && Route.From(payload) is { } route)
                {
                    there.Add(route);
                }
            });
        }
        foreach (var route in plan.Routes)
        {
            var wanted = ContainerEnd.RouteOf(plan, route, link.Index);
            if (!there.Exists(one => IsSame(one, wanted)))
            {
                throw Missing(route.Gateway is null ? $"the route to {route.Destination} in {plan.NetNs}" : $"the route to {route.Destination} by {route.Gateway} in {plan.NetNs}");
            }
        }
    }

    // What the plan does not say is the kernel's choice (a priority, a scope).
    internal static bool IsSame(Route there, Route wanted) =>
        there.Destination.Equals(wanted.Destination) && there.PrefixLength == wanted.PrefixLength && NetCheck.RouteIsInItsTable.Passes(there.Table == wanted.Table)
        && NetCheck.RouteHasItsGateway.Passes(there.IsMultipath || Equals(there.Gateway, wanted.Gateway))
        && NetCheck.RouteHasItsPriority.Passes(wanted.Priority == 0 || there.Priority == wanted.Priority)
        && NetCheck.RouteHasItsMtu.Passes(wanted.Mtu == 0 || there.Mtu == wanted.Mtu);

    private static void CheckMac(Link link, string name, ResultInterface? told)
    {
        if (told is { Mac.Length: > 0 } && NetCheck.MacIsAsTold.Fails(told.Mac != link.Mac))
        {
            throw new NetError($"the hardware address of {name} is {link.Mac}, not {told.Mac}");
        }
    }

    private static NetError Missing(string what) => new($"{what} is missing");

    private static string OnOff(bool value) => value ? "on" : "off";
}
