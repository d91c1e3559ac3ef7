using System.Collections.Generic;
using System.Linq;
using System.Net;
using SharpRun.Linux;
using SharpRun.Net.Kernel;
using SharpRun.Netlink;

namespace SharpRun.Net.Firewall;

/// <summary>Rules are asked about the first packet of a flow alone. UDP has no end of a connection: who goes on sending from one port to a published one
/// would reach the container that had it before, or nobody, for as long as it sends. So conntrack forgets what leads elsewhere than the new rules.</summary>
static class StaleFlows
{
    private const byte Udp = 17;

    /// <summary>Behind the change of the rules. Nothing for plans without a port of UDP. A kernel without ctnetlink, or that does not answer, is no
    /// reason to take published ports away again.</summary>
    public static void Forget(NetlinkSocket netfilter, IEnumerable<FirewallPlan> plans)
    {
        var all = plans.Where(static plan => plan.Ports.Any(static port => port.Protocol == "udp")).ToList();
        if (all.Count == 0)
        {
            return;
        }
        foreach (var family in all.SelectMany(static plan => plan.Targets).Select(RtNetlinkWriter.FamilyOf).Distinct())
        {
            var flows = Of(netfilter, family).FindAll(flow => all.Exists(plan => IsStale(flow, plan)));
            if (flows.Count > 0)
            {
                var own = OwnAddresses(family);
                flows.FindAll(flow => NetCheck.FlowToAnotherHostStays.Passes(own.Contains(flow.Destination.Address) || IPAddress.IsLoopback(flow.Destination.Address)))
                    .ForEach(flow => Forget(netfilter, flow));
            }
        }
    }

    /// <summary>Whether the flow was sent to a port of the plan, and is answered by another than the plan's target.</summary>
    internal static bool IsStale(Flow flow, FirewallPlan plan)
    {
        var port = plan.Ports.FirstOrDefault(port => port.Protocol == "udp"
            && NetCheck.FlowIsToThePort.Passes(port.HostPort == flow.Destination.Port)
            && NetCheck.FlowIsToTheAddress.Passes(port.IsOnAllAddresses || flow.Destination.Address.Equals(port.HostIp)));
        var target = plan.Targets.FirstOrDefault(target => target.AddressFamily == flow.Destination.AddressFamily);
        return port is not null && target is not null && NetCheck.RightFlowStays.Passes(!flow.Answerer.Equals(new IPEndPoint(target, port.ContainerPort)));
    }

    private static List<Flow> Of(NetlinkSocket netfilter, byte family)
    {
        var flows = new List<Flow>();
        var question = new MessageWriter();
        var sequence = netfilter.TakeSequence();
        Flow.Question(question, family, sequence);
        netfilter.Ask(question, sequence, (_, payload) =>
        {
            if (Flow.From(payload) is { } flow && NetCheck.FlowIsOfUdp.Passes(flow.Protocol == Udp))
            {
                flows.Add(flow);
            }
        });
        return flows;
    }

    // What is sent through this host to the same port of another host is none of ours.
    private static HashSet<IPAddress> OwnAddresses(byte family)
    {
        using var route = RouteSocket.Open();
        return [.. route.AllAddresses(family).Select(static address => address.Address)];
    }

    private static void Forget(NetlinkSocket netfilter, Flow flow)
    {
        var request = new MessageWriter();
        var sequence = netfilter.TakeSequence();
        flow.Forget(request, sequence);
        netfilter.Ask(request, sequence);
    }
}
