using System;
using System.Collections.Generic;
using System.Net;
using SharpRun.Net.Firewall;
using SharpRun.Netlink;
using Xunit;

namespace SharpRun.Net.Tests;

/// <summary>What conntrack is to forget when ports are published, and that it is asked for nothing else.</summary>
public sealed class StaleFlowTests
{
    private const int Delete = 0x102, Udp = 17, Tcp = 6;

    // mutant: NetCheck.FlowIsToThePort NetCheck.FlowIsToTheAddress NetCheck.RightFlowStays
    [Theory]
    [InlineData("53", "10.1.0.1:53", "10.1.0.7:53", true)] // another container had the port
    [InlineData("53", "10.1.0.1:53", "10.1.0.1:53", true)] // nobody had it
    [InlineData("53", "10.1.0.1:53", "10.1.0.9:54", true)]
    [InlineData("53", "10.1.0.1:53", "10.1.0.9:53", false)] // the plan's own
    [InlineData("53", "10.1.0.1:54", "10.1.0.7:53", false)]
    [InlineData("127.0.0.1:53", "127.0.0.1:53", "10.1.0.7:53", true)]
    [InlineData("127.0.0.1:53", "10.1.0.1:53", "10.1.0.7:53", false)]
    [InlineData("0.0.0.0:53", "10.1.0.1:53", "10.1.0.7:53", true)]
    [InlineData("53", "[fd00::1]:53", "[fd00::7]:53", false)] // the plan leads to no IPv6
    public void A_flow_is_stale(string published, string sentTo, string answeredBy, bool isStale) =>
        Assert.Equal(isStale, StaleFlows.IsStale(new Flow(Udp, IPEndPoint.Parse(sentTo), IPEndPoint.Parse(answeredBy)), Publishing(published, "udp")));

    // mutant: NetCheck.FlowIsOfUdp NetCheck.FlowToAnotherHostStays
    [Fact]
    public void Only_the_hosts_own_flows_of_udp_are_forgotten()
    {
        using var kernel = new FakeKernel();
        kernel.Answer(writer => Tell(writer, 1, Tcp, "127.0.0.1:53", "10.1.0.7:53", 11));
        kernel.Answer(writer => Tell(writer, 1, Udp, "127.0.0.1:53", "10.1.0.7:53", 12));
        kernel.Answer(writer => Tell(writer, 1, Udp, "203.0.113.1:53", "203.0.113.1:53", 13));
        kernel.Answer(writer => Tell(writer, 1, Udp, "127.0.0.1:53", "10.1.0.9:53", 14));
        kernel.Done(1);
        kernel.Error(2);
        StaleFlows.Forget(kernel.Socket, [Publishing("53", "udp")]);
        Assert.Equal(0x101, BitConverter.ToUInt16(kernel.Asked(), 4));
        Assert.Equal([12u], Forgotten(kernel));
    }

    [Fact]
    public void Without_a_port_of_udp_nothing_is_asked()
    {
        using var kernel = new FakeKernel();
        StaleFlows.Forget(kernel.Socket, [Publishing("53", "tcp")]);
        Assert.Empty(kernel.Asked());
    }

    [Fact]
    public void A_kernel_without_ctnetlink_has_nothing_to_forget()
    {
        using var kernel = new FakeKernel();
        kernel.Error(1, Linux.Errno.EINVAL);
        StaleFlows.Forget(kernel.Socket, [Publishing("53", "udp")]);
        kernel.Asked();
        Assert.Empty(kernel.Asked());
    }

    // mutant: NetlinkCheck.FlowHasItsHeader NetlinkCheck.FlowHasBothEnds NetlinkCheck.FlowsAddressHasItsLength
    [Fact]
    public void A_flow_is_read_as_the_kernel_tells_it()
    {
        var payload = Payload(writer => Tell(writer, 1, Udp, "[fd00::1]:53", "[fd00::7]:5353", 1));
        Assert.Equal((IPEndPoint.Parse("[fd00::1]:53"), IPEndPoint.Parse("[fd00::7]:5353")), (Flow.From(payload)!.Destination, Flow.From(payload)!.Answerer));
        Assert.Null(Flow.From(payload.AsSpan(0, 3)));
        // Without the other direction, as in a message that was cut off.
        Assert.Null(Flow.From(payload.AsSpan(0, payload.Length / 2)));
        Assert.Null(Flow.From(Payload(writer => writer.Begin(0x100, 0, 1).Bytes4(2).Nest(1, tuple => tuple.Nest(1, ip => ip.Attribute(1, [1, 2, 3]).Attribute(2, [1, 2, 3]))))));
    }

    private static FirewallPlan Publishing(string published, string protocol)
    {
        var end = published.Contains(':', StringComparison.Ordinal) ? IPEndPoint.Parse(published) : null;
        return new FirewallPlan(new Tag("net", "c1", "eth0", "portmap"))
        {
            Ports = [new PortMapping(end?.Address, end?.Port ?? int.Parse(published, System.Globalization.CultureInfo.InvariantCulture), 53, protocol)],
            Targets = [IPAddress.Parse("10.1.0.9")],
        };
    }

    // A client's flow as ctnetlink writes it: the direction there, the direction back, its id.
    private static void Tell(MessageWriter writer, uint sequence, int protocol, string sentTo, string answeredBy, uint id)
    {
        var (there, back) = (IPEndPoint.Parse(sentTo), IPEndPoint.Parse(answeredBy));
        var client = new IPEndPoint(there.Address.GetAddressBytes().Length == 4 ? IPAddress.Parse("10.1.0.1") : IPAddress.Parse("fd00::1"), 40000);
        writer.Begin(0x100, 0, sequence).Bytes4(2).Nest(1, tuple => Tell(tuple, protocol, client, there)).Nest(2, tuple => Tell(tuple, protocol, back, client))
            .BigEndian32(12, id);
    }

    private static void Tell(MessageWriter writer, int protocol, IPEndPoint source, IPEndPoint destination)
    {
        var isV4 = source.Address.GetAddressBytes().Length == 4;
        writer.Nest(1, ip => ip.Attribute(isV4 ? 1 : 3, source.Address.GetAddressBytes()).Attribute(isV4 ? 2 : 4, destination.Address.GetAddressBytes()))
            .Nest(2, ports => ports.Byte(1, (byte)protocol).BigEndian16(2, (ushort)source.Port).BigEndian16(3, (ushort)destination.Port));
    }

    private static byte[] Payload(Action<MessageWriter> write)
    {
        var writer = new MessageWriter();
        write(writer);
        return writer.End().Bytes[MessageWriter.HeaderLength..].ToArray();
    }

    // The ids of the flows that the kernel was asked to forget.
    private static List<uint> Forgotten(FakeKernel kernel)
    {
        var ids = new List<uint>();
        while (kernel.Asked() is { Length: > 0 } datagram)
        {
            var reader = new MessageReader(datagram);
            Assert.True(reader.Next());
            Assert.Equal(Delete, reader.Type);
            var attributes = new AttributeReader(reader.Payload[4..]);
            while (attributes.Next())
            {
                if (attributes.Type == 12)
                {
                    ids.Add(attributes.BigEndian32);
                }
            }
        }
        return ids;
    }
}
