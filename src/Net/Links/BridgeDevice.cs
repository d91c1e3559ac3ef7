using System;
using System.Collections.Generic;
using System.Linq;
using SharpRun.Cni;
using SharpRun.Linux;
using SharpRun.Net.Kernel;
using SharpRun.Netlink;
using static SharpRun.Netlink.RtNetlink;

namespace SharpRun.Net.Links;

/// <summary>The bridge of a plan, and the interface with the gateway's addresses: the bridge itself, or one VLAN of it.</summary>
static class BridgeDevice
{
    private const int LongestName = 15;

    /// <summary>Makes what is missing; what is there already and agrees is left alone. The MTU of a bridge that is there is its owner's, and the kernel's,
    /// which lowers it to the least of the ports.</summary>
    public static Link Ready(RouteSocket host, BridgePlan plan)
    {
        var bridge = host.FindLink(plan.Name) ?? Make(host, plan);
        RequireBridge(bridge, plan.Name);
        if (plan.VlanFiltering && !bridge.VlanFiltering)
        {
            host.Begin($"switch on the filtering of VLANs on {plan.Name}", RTM_NEWLINK).VlanFiltering(bridge.Index);
        }
        if (plan.Mac is { } mac && mac != bridge.Mac)
        {
            host.Begin($"give {plan.Name} the hardware address {mac}", RTM_SETLINK).LinkFlags(bridge.Index, 0).Attribute(IFLA_ADDRESS, MacAddress.ToBytes(mac));
        }
        if (!bridge.IsUp)
        {
            // Its routes are ours to make, not those of any router that a container plays.
            Sysctl.Set($"ipv6/conf/{plan.Name}/accept_ra", "0");
        }
        var flags = IFF_UP | (plan.Promiscuous ? IFF_PROMISC : 0);
        if ((bridge.Flags & flags) != flags)
        {
            host.Begin($"set {plan.Name} up", RTM_SETLINK).LinkFlags(bridge.Index, flags);
        }
        host.SendOrThrow();
        return bridge;
    }

    /// <summary>The interface of the gateway, with its addresses; forwarding is switched on where the plan says so.</summary>
    public static Link ReadyGateway(RouteSocket host, Link bridge, LinkPlan plan)
    {
        var gateway = plan.Vlan != 0 && plan.Bridge.Addresses.Count > 0 ? ReadyVlan(host, bridge, plan.Vlan) : bridge;
        if (plan.Bridge.Addresses.Count > 0)
        {
            SetAddresses(host, gateway, plan);
        }
        if (plan.Bridge.Forwards)
        {
            Forward(plan.Bridge.Addresses);
        }
        return gateway;
    }

    internal static void RequireBridge(Link link, string name)
    {
        if (NetCheck.BridgeIsOne.Fails(link.Kind != "bridge"))
        {
            throw new NetError($"{name} is there already, but it is not a bridge");
        }
    }

    public static string VlanNameOf(string bridge, int vlan) => $"{bridge}.{vlan}";

    private static Link Make(RouteSocket host, BridgePlan plan)
    {
        var mac = plan.Mac is { } wanted ? MacAddress.ToBytes(wanted) : RandomMac();
        host.Begin($"make the bridge {plan.Name}", RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL).NewBridge(plan.Name, mac, plan.Mtu, plan.VlanFiltering);
        // EEXIST: another ADD was faster.
        if (host.Send() is { Error: not Errno.EEXIST } refusal)
        {
            refusal.Throw();
        }
        return host.FindLink(plan.Name) ?? throw new NetError($"the bridge {plan.Name} has been deleted while it was made");
    }

    // Locally administered, of no group (IEEE 802).
    private static byte[] RandomMac()
    {
        var mac = Guid.NewGuid().ToByteArray()[^6..];
        mac[0] = (byte)((mac[0] & 0xFC) | 2);
        return mac;
    }

    private static Link ReadyVlan(RouteSocket host, Link bridge, int vlan)
    {
        var name = VlanNameOf(bridge.Name, vlan);
        var link = host.FindLink(name) ?? MakeVlan(host, bridge, vlan, name);
        if (link.Kind != "vlan")
        {
            // Another plugin's: a veth pair into the bridge does the same.
            return link;
        }
        RequireVlanOf(bridge, vlan, link, name);
        // There already is no error; it is missing after a kill between the two requests.
        host.Begin($"let VLAN {vlan} pass to {name}", RTM_SETLINK).Vlans(bridge.Index, isBridge: true, (vlan, vlan, 0));
        host.SendOrThrow();
        return link;
    }

    internal static void RequireVlanOf(Link bridge, int vlan, Link link, string name)
    {
        if (NetCheck.VlanIsOfTheBridge.Fails(link.Lower != bridge.Index) || NetCheck.VlanIsTheWanted.Fails(link.VlanId != vlan))
        {
            throw new NetError($"{name} is there already, but it is not the VLAN {vlan} of {bridge.Name}");
        }
    }

    private static Link MakeVlan(RouteSocket host, Link bridge, int vlan, string name)
    {
        if (name.Length > LongestName)
        {
            throw new CniError(CniCode.InvalidConfig, $"the gateway's interface {name} would have a name of more than {LongestName} characters");
        }
        host.Begin($"make the interface {name}", RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL).NewVlan(name, bridge.Index, vlan);
        if (host.Send() is { Error: not Errno.EEXIST } refusal)
        {
            refusal.Throw();
        }
        return host.FindLink(name) ?? throw new NetError($"the interface {name} has been deleted while it was made");
    }

    private static void SetAddresses(RouteSocket host, Link gateway, LinkPlan plan)
    {
        var wanted = plan.Bridge.Addresses;
        var hasV4 = wanted.Any(static cidr => !cidr.IsV6);
        var hasV6 = wanted.Any(static cidr => cidr.IsV6);
        var there = host.AddressesOf(gateway, hasV4 && hasV6 ? AF_UNSPEC : hasV6 ? AF_INET6 : AF_INET);
        var missing = wanted.Where(cidr => !there.Exists(address => IsSame(address, cidr))).ToList();
        if (missing.Count == 0)
        {
            return;
        }
        foreach (var address in InTheWay(gateway, there, missing, plan.Bridge))
        {
            host.Begin($"remove the address {address.Address}/{address.PrefixLength} of {gateway.Name}", RTM_DELADDR)
                .Address(gateway.Index, address.Address, address.PrefixLength);
        }
        if (gateway.Kind == "bridge")
        {
            // One that was made without an address takes that of another port whenever one comes or goes.
            host.Begin($"keep the hardware address of {gateway.Name}", RTM_SETLINK).LinkFlags(gateway.Index, 0)
                .Attribute(IFLA_ADDRESS, MacAddress.ToBytes(gateway.Mac));
        }
        host.SendOrThrow();
        foreach (var cidr in missing)
        {
            // No detection of duplicates: until it ended, a second later, no container could reach its gateway.
            host.Begin($"give {gateway.Name} the address {cidr}", RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL)
                .Address(gateway.Index, cidr.Address, cidr.PrefixLength, cidr.IsV6 && !plan.EnableDad ? IFA_F_NODAD : 0);
            // EEXIST: another ADD was faster.
            if (host.Send() is { Error: not Errno.EEXIST } refusal)
            {
                refusal.Throw();
            }
        }
    }

    /// <summary>The addresses that go for those that are missing; a refusal when the plan does not let them go.</summary>
    internal static List<LinkAddress> InTheWay(Link gateway, List<LinkAddress> there, List<Cidr> missing, BridgePlan plan)
    {
        var others = there.FindAll(address => NetCheck.WantedAddressStays.Passes(!plan.Addresses.Any(cidr => IsSame(address, cidr)))
            && missing.Exists(cidr => Excludes(address, cidr)));
        return NetCheck.AddressMayBeReplaced.Passes(others.Count == 0 || plan.ForceAddress)
            ? others : throw new NetError($"{gateway.Name} has the address {others[0].Address}/{others[0].PrefixLength} already, and should have {missing[0]}");
    }

    private static bool IsSame(LinkAddress address, Cidr cidr) => address.PrefixLength == cidr.PrefixLength && address.Address.Equals(cidr.Address);

    // The gateways of IPv4 are the plan's alone; those of IPv6 go beside others whose networks do not overlap, such as the link's own fe80::.
    private static bool Excludes(LinkAddress address, Cidr cidr)
    {
        var there = new Cidr(address.Address, address.PrefixLength);
        return NetCheck.OtherFamilyStays.Passes(there.IsV6 == cidr.IsV6)
            && NetCheck.OtherNetworkStays.Passes(!there.IsV6 || there.Contains(cidr.Address) || cidr.Contains(there.Address));
    }

    private static void Forward(IReadOnlyList<Cidr> addresses)
    {
        if (addresses.Any(static cidr => !cidr.IsV6))
        {
            Sysctl.SetOrThrow("ipv4/ip_forward", "1");
        }
        if (addresses.Any(static cidr => cidr.IsV6))
        {
            Sysctl.SetOrThrow("ipv6/conf/all/forwarding", "1");
        }
    }
}
