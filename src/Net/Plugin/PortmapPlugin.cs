using System.Collections.Generic;
using System.Linq;
using System.Net;
using SharpRun.Cni;
using SharpRun.Net.Firewall;

namespace SharpRun.Net.Plugin;

/// <summary>Ports of the host that lead to the container: a chained plugin, which takes the addresses from the result of those before it.</summary>
static class PortmapPlugin
{
    public static CniResult Add(PluginCall call)
    {
        var plan = PlanOf(call, call.RequirePrevResult());
        if (plan is not null)
        {
            call.Changes.Add(plan);
        }
        return call.Config.PrevResult!;
    }

    public static void Remove(PluginCall call) => call.Changes.Rules.Remove(TagOf(call));

    public static void Check(PluginCall call)
    {
        var plan = PlanOf(call, call.RequirePrevResult());
        if (plan is not null && call.Changes.Rules.Check(plan) is { } missing)
        {
            throw new NetError(missing);
        }
    }

    public static void Collect(PluginCall call)
    {
        var valid = call.RequireValidAttachments();
        RuleGarbage.Remove(call.Changes.Rules, call.Config.Name, PluginNames.Portmap, valid);
    }

    public static void Status(PluginCall call) => RuleGarbage.RequireTables(call.Config.Name);

    /// <summary>Null when there is nothing to publish, or no address to lead to.</summary>
    public static FirewallPlan? PlanOf(PluginCall call, CniResult result)
    {
        var config = PortmapConfig.Read(call.Config);
        var targets = TargetsOf(result, call.IfName);
        var ports = new List<PortMapping>();
        foreach (var port in call.Config.PortMappings)
        {
            // An address of a family that the container does not have leads nowhere; the reference passes over it too.
            if (NetCheck.PortHasATarget.Passes(port.HostIp is null || targets.Any(target => target.AddressFamily == port.HostIp.AddressFamily)))
            {
                ports.Add(new PortMapping(port.HostIp, port.HostPort, port.ContainerPort, port.Protocol));
            }
        }
        return targets.Count == 0 || ports.Count == 0 ? null : new FirewallPlan(TagOf(call))
        {
            Ports = ports,
            Targets = targets,
            PortsFromLoopback = config.Snat,
            MasqueradePorts = config.MasqueradeAll,
            // The plugins before name the host's interfaces from the way to the container on: a bridge first, or the host's end of a pair alone.
            Bridge = result.Interfaces.Find(static one => one.Sandbox is null)?.Name,
        };
    }

    // The first address of each family that is not known to be of another interface.
    private static List<IPAddress> TargetsOf(CniResult result, string ifName)
    {
        var targets = new List<IPAddress>();
        foreach (var ip in result.Ips)
        {
            var isOthers = ip.Interface is { } at && at < result.Interfaces.Count
                && (result.Interfaces[at].Name != ifName || result.Interfaces[at].Sandbox is null);
            if (!NetCheck.TargetIsTheInterfaces.Fails(isOthers) && NetCheck.TargetIsOneOfItsFamily.Passes(!targets.Any(target => target.AddressFamily == ip.Address.Address.AddressFamily)))
            {
                targets.Add(ip.Address.Address);
            }
        }
        return targets;
    }

    private static Tag TagOf(PluginCall call) => new(call.Config.Name, call.ContainerId, call.IfName, PluginNames.Portmap);
}
