using System.Collections.Generic;
using System.Linq;
using System.Net;
using SharpRun.Cni;
using SharpRun.Net.Firewall;
using SharpRun.Net.Links;

namespace SharpRun.Net.Plugin;

/// <summary>What bridge decides before it does anything, from the configuration and what IPAM gave.</summary>
sealed record BridgePlans(LinkPlan Links, FirewallPlan? Firewall, CniResult Result)
{
    // Where the container's interface stands in our results.
    private const int ContainerIndex = 2;

    /// <summary>The result has no interfaces yet: their addresses are the kernel's to say.</summary>
    public static BridgePlans Of(PluginCall call, BridgeConfig config, CniResult? addresses)
    {
        var ips = (addresses?.Ips ?? []).ConvertAll(ip => ip with
        {
            Interface = ContainerIndex,
            Gateway = ip.Gateway ?? (config.IsGateway ? FirstOf(ip.Address) : null),
        });
        var routes = RoutesOf(config, ips, addresses?.Routes ?? []);
        var links = new LinkPlan
        {
            Bridge = new BridgePlan(config.Bridge)
            {
                Mtu = config.Mtu,
                Promiscuous = config.PromiscMode,
                VlanFiltering = config.VlanFiltering,
                Addresses = config.IsGateway ? [.. ips.Select(ip => new Cidr(ip.Gateway!, ip.Address.PrefixLength)).Distinct()] : [],
                ForceAddress = config.ForceAddress,
                Forwards = config.IsGateway,
            },
            Network = call.Config.Name,
            NetNs = call.NetNs,
            IfName = call.IfName,
            ContainerId = call.ContainerId,
            Mac = call.Config.RequestedMac,
            Mtu = config.Mtu,
            Hairpin = config.HairpinMode,
            Vlan = config.Vlan,
            VlanTrunk = config.VlanTrunk,
            PreserveDefaultVlan = config.PreserveDefaultVlan,
            PortIsolation = config.PortIsolation,
            IsDisabled = config.DisableContainerInterface,
            EnableDad = config.EnableDad,
            Addresses = ips,
            Routes = [.. routes.Select(route => route with { Gateway = route.Gateway ?? GatewayOf(ips, route.Destination.IsV6) })],
        };
        var firewall = config.IpMasq && ips.Count > 0
            ? new FirewallPlan(TagOf(call)) { Masquerade = ips.ConvertAll(ip => ip.Address), Bridge = config.Bridge }
            : null;
        var dns = call.Config.Dns.IsEmpty ? addresses?.Dns ?? new ResultDns() : call.Config.Dns;
        return new BridgePlans(links, firewall, new CniResult { Ips = ips, Routes = routes, Dns = dns });
    }

    /// <summary>CHECK's: the addresses and routes are those of the result, which may also name those of other plugins of the chain.</summary>
    public static BridgePlans Of(PluginCall call, BridgeConfig config, CniResult result, int containerIndex) =>
        Of(call, config, new CniResult { Ips = result.Ips.FindAll(ip => ip.Interface is null || ip.Interface == containerIndex), Routes = result.Routes, Dns = result.Dns });

    public static Tag TagOf(PluginCall call) => new(call.Config.Name, call.ContainerId, call.IfName, PluginNames.Bridge);

    public CniResult ResultOf(LinkOutcome outcome) => Result with
    {
        Interfaces =
        [
            new ResultInterface(Links.Bridge.Name, outcome.BridgeMac),
            new ResultInterface(outcome.HostVeth, outcome.HostMac),
            new ResultInterface(Links.IfName, outcome.ContainerMac, Links.NetNs, outcome.Mtu),
            .. outcome.VlanInterface is { } gateway ? [gateway] : (ResultInterface[])[],
        ],
    };

    // The default gateway gets a default route of each family of the addresses, unless IPAM gave one: without a gateway it goes by this one too, and
    // the kernel would refuse the second.
    private static List<ResultRoute> RoutesOf(BridgeConfig config, List<ResultIp> ips, List<ResultRoute> given)
    {
        var routes = new List<ResultRoute>(given);
        foreach (var ip in ips)
        {
            var isThere = routes.Any(route => route.Destination.IsV6 == ip.Address.IsV6 && route.Destination.PrefixLength == 0);
            if (config.IsDefaultGateway && NetCheck.DefaultRouteIsOne.Passes(!isThere))
            {
                routes.Add(new ResultRoute(new Cidr(ip.Address.IsV6 ? IPAddress.IPv6Any : IPAddress.Any, 0), ip.Gateway));
            }
        }
        return routes;
    }

    private static IPAddress? GatewayOf(List<ResultIp> ips, bool isV6) => ips.Find(ip => ip.Gateway is not null && ip.Gateway.IsV6() == isV6)?.Gateway;

    private static IPAddress FirstOf(Cidr address) => IpText.ToAddress(address.Network.Address.ToNumber() + 1, address.IsV6);
}
