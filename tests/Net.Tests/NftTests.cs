using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using CsCheck;
using SharpRun.Cni;
using SharpRun.Net.Firewall;
using SharpRun.Netlink;
using Xunit;

namespace SharpRun.Net.Tests;

public sealed class NftTests
{
    private static readonly Tag s_tag = new("net", "id", "eth0");

    private static Cidr Cidr(string text) => Cni.Cidr.TryParse(text, out var cidr) ? cidr : throw new ArgumentException(text);

    [Theory]
    [InlineData("10.83.0.7/24", "ip saddr 10.83.0.7 ip daddr != 10.83.0.0/24 ip daddr != 224.0.0.0/4 masquerade")]
    [InlineData("10.83.0.7/20", "ip saddr 10.83.0.7 ip daddr != 10.83.0.0/20 ip daddr != 224.0.0.0/4 masquerade")]
    [InlineData("fd00::7/64", "ip6 saddr fd00::7 ip6 daddr != fd00::/64 ip6 daddr != ff00::/8 masquerade")]
    public void Masquerade_is_written_as_nft_writes_it(string source, string rule)
    {
        var rules = PlanRules.Of(new FirewallPlan(s_tag) { Masquerade = [Cidr(source)] });
        Assert.Equal(NftBytes.Of(rule), Assert.Single(rules.Rules));
    }

    [Fact]
    public void What_all_the_world_is_in_is_not_masqueraded() =>
        Assert.Empty(PlanRules.Of(new FirewallPlan(s_tag) { Masquerade = [Cidr("10.0.0.1/0")] }).Rules);

    [Fact]
    public void The_ways_back_of_ports_are_written_as_nft_writes_them()
    {
        var plan = new FirewallPlan(s_tag) { Targets = [IPAddress.Parse("10.83.0.7")], Ports = [new PortMapping(null, 8080, 80, "tcp")], Bridge = "sharprun0" };
        Assert.Equal(
        [
            NftBytes.Of("ip saddr 127.0.0.0/8 ip daddr 10.83.0.7 masquerade"),
            NftBytes.Of("ip saddr 10.83.0.7 ip daddr 10.83.0.7 ct status dnat masquerade"),
            NftBytes.Of("iifname sharprun0 oifname sharprun0 ip daddr 10.83.0.7 ct status dnat masquerade"),
        ], PlanRules.Of(plan).Rules);
        Assert.Equal("sharprun0", PlanRules.Of(plan).LoopbackBridge);
        Assert.Empty(PlanRules.Of(plan with { PortsFromLoopback = false }).Rules);
        Assert.Single(PlanRules.Of(plan with { PortsFromLoopback = false, MasqueradePorts = true }).Rules);
    }

    // nft also names a set by its number in the transaction.
    [Fact]
    public void Fixed_rules_are_written_as_nft_writes_them()
    {
        Assert.True(NftAnswer.IsWithin(Table.PortsV4.Rules[0], NftBytes.Of("dnat ip to ip daddr . meta l4proto . th dport map @ports_at")));
        Assert.True(NftAnswer.IsWithin(Table.PortsV4.Rules[1], NftBytes.Of("fib daddr type local dnat ip to meta l4proto . th dport map @ports")));
        Assert.True(NftAnswer.IsWithin(Table.PortsV6.Rules[0], NftBytes.Of("dnat ip6 to ip6 daddr . meta l4proto . th dport map @ports6_at")));
        Assert.True(NftAnswer.IsWithin(Table.PortsV6.Rules[1], NftBytes.Of("ip6 daddr != ::1 fib daddr type local dnat ip6 to meta l4proto . th dport map @ports6")));
        Assert.True(NftAnswer.IsWithin(Table.Guard.Rules[0], NftBytes.Of("iifname @bridges ip daddr 127.0.0.0/8 drop")));
        Assert.All(Table.JumpsToPorts, jump => Assert.Equal(NftBytes.Of("jump ports"), jump.Rules[0]));
    }

    [Theory]
    [InlineData("ip saddr 10.83.0.7 ip daddr != 10.83.0.0/24 ip daddr != 224.0.0.0/4 masquerade", "ip saddr 10.83.0.7 ip daddr != 10.83.0.0/20 ip daddr != 224.0.0.0/4 masquerade")]
    [InlineData("dnat ip to ip daddr . meta l4proto . th dport map @ports_at", "dnat ip6 to ip6 daddr . meta l4proto . th dport map @ports6_at")]
    [InlineData("ip saddr 10.83.0.7 ip daddr 10.83.0.7 ct status dnat masquerade", "ip saddr 127.0.0.0/8 ip daddr 10.83.0.7 masquerade")]
    [InlineData("jump ports", "ip saddr 127.0.0.0/8 ip daddr 10.83.0.7 masquerade")]
    public void Rules_that_differ_are_not_within_each_other(string one, string other)
    {
        Assert.False(NftAnswer.IsWithin(NftBytes.Of(one), NftBytes.Of(other)));
        Assert.False(NftAnswer.IsWithin(NftBytes.Of(other), NftBytes.Of(one)));
    }

    [Fact]
    public void A_rule_with_an_expression_more_is_another_rule()
    {
        var written = new NftExpressions().Meta(NftMeta.Family).Compare(NftCompare.Equal, [2]);
        var longer = new NftExpressions().Meta(NftMeta.Family).Compare(NftCompare.Equal, [2]).Drop();
        Assert.True(NftAnswer.IsWithin(written.Bytes, written.Bytes));
        Assert.False(NftAnswer.IsWithin(written.Bytes, longer.Bytes));
        Assert.False(NftAnswer.IsWithin(longer.Bytes, written.Bytes));
    }

    // mutant: NetlinkCheck.ListIsInItsOrder NetlinkCheck.ListHasNoMore NetlinkCheck.WrittenIsThere NetlinkCheck.ValueIsTheWritten
    [Fact]
    public void A_rule_with_an_expression_between_is_another_rule()
    {
        var written = new NftExpressions().Meta(NftMeta.Family).Drop();
        Assert.False(NftAnswer.IsWithin(written.Bytes, new NftExpressions().Meta(NftMeta.Family).Masquerade().Drop().Bytes));
        Assert.False(NftAnswer.IsWithin(written.Bytes, new NftExpressions().Meta(NftMeta.Protocol).Drop().Bytes));
        Assert.False(NftAnswer.IsWithin(written.Bytes, new NftExpressions().Meta(NftMeta.Family).Bytes));
    }

    // The numbers are those of nft's NEWSET messages for the same maps.
    [Theory]
    [InlineData(false, false, "ports", 0x30D, 8, 0x1CD, 8)]
    [InlineData(false, true, "ports_at", 0x730D, 12, 0x1CD, 8)]
    [InlineData(true, false, "ports6", 0x30D, 8, 0x20D, 20)]
    [InlineData(true, true, "ports6_at", 0x830D, 24, 0x20D, 20)]
    public void Maps_have_the_types_of_nft(bool isV6, bool hasHostIp, string name, int keyType, int keyLength, int dataType, int dataLength) =>
        Assert.Equal(new NftSet(name, (uint)keyType, keyLength, (uint)dataType, dataLength), Table.PortsOf(isV6, hasHostIp));

    [Fact]
    public void Ports_are_elements_as_nft_writes_them()
    {
        var ports = PlanRules.Of(new FirewallPlan(s_tag)
        {
            Targets = [IPAddress.Parse("10.83.0.7"), IPAddress.Parse("fd00::7")],
            Ports = [new PortMapping(null, 8080, 80, "tcp"), new PortMapping(IPAddress.Loopback, 8081, 80, "tcp"), new PortMapping(IPAddress.Any, 53, 5353, "udp")],
        }).Ports;
        Assert.Equal(
        [
            "ports 060000001f900000 0a53000700500000",
            "ports6 060000001f900000 fd00000000000000000000000000000700500000",
            "ports_at 7f000001060000001f910000 0a53000700500000",
            "ports 1100000000350000 0a53000714e90000",
        ], ports.Select(static port => $"{port.Map.Name} {Convert.ToHexStringLower(port.Key)} {Convert.ToHexStringLower(port.Data)}"));
    }

    [Theory]
    [InlineData(0, 80, "tcp", null, "publish 0/tcp: ports are numbers from 1 to 65535")]
    [InlineData(80, 65536, "tcp", null, "publish 80/tcp: ports are numbers from 1 to 65535")]
    [InlineData(80, 80, "icmp", null, "publish 80/icmp: only tcp, udp and sctp have ports")]
    [InlineData(80, 80, "tcp", "::1", "publish [::1]:80/tcp: the container has no address of that family")]
    public void Ports_that_cannot_be_are_refused(int host, int container, string protocol, string? hostIp, string sentence)
    {
        var port = new PortMapping(hostIp is null ? null : IPAddress.Parse(hostIp), host, container, protocol);
        var plan = new FirewallPlan(s_tag) { Targets = [IPAddress.Parse("10.83.0.7")], Ports = [port] };
        Assert.Equal(sentence, Assert.Throws<NetError>(() => PlanRules.Of(plan)).Message);
    }

    [Fact]
    public void Names_that_no_comment_can_tell_are_refused()
    {
        Assert.Throws<NetError>(() => PlanRules.Of(new FirewallPlan(new Tag("a/b", "id", "eth0"))));
        Assert.Throws<NetError>(() => PlanRules.Of(new FirewallPlan(new Tag(new string('n', 250), "id", "eth0"))));
        var longest = new Tag(new string('n', NftAnswer.LongestComment - 8), "id", "eth0");
        var userData = PlanRules.Of(new FirewallPlan(longest)).UserData;
        Assert.Equal(256, userData.Length);
        Assert.Equal(longest, Tag.TryParse(RuleOf(writer => writer.Attribute(7, userData)).Comment));
        Assert.Equal(s_tag with { Plugin = "portmap" }, Tag.TryParse("net/id/eth0/portmap"));
        Assert.Null(Tag.TryParse("mine"));
        Assert.Null(Tag.TryParse(null));
    }

    [Theory]
    [InlineData("8080 null", "8080 null", true)]
    [InlineData("8080 null", "8081 null", false)]
    [InlineData("8080 127.0.0.1", "8080 127.0.0.2", false)]
    [InlineData("8080 127.0.0.1", "8080 null", true)]
    [InlineData("8080 null", "8080 127.0.0.1", true)]
    public void A_host_port_has_one_owner(string one, string other, bool overlap)
    {
        var addition = new Addition([Publishing("one", one), Publishing("two", other)]);
        if (overlap)
        {
            Assert.Contains("one (eth0, network net) has the host port", Assert.Throws<NetError>(addition.CheckAmongThemselves).Message, StringComparison.Ordinal);
        }
        else
        {
            addition.CheckAmongThemselves();
        }
    }

    [Fact]
    public void A_port_that_is_there_is_refused_but_to_its_owner()
    {
        var there = Publishing("one", "8080 null").Ports[0];
        var state = new TableState(1);
        state.Ports.Add(new PublishedPort(there.Map.Name, new NftElement(there.Key, there.Data, "net/one/eth0"), new Tag("net", "one", "eth0")));
        new Addition([Publishing("one", "8080 null")]).Write(state, Batch());
        var batch = Batch();
        var error = Assert.Throws<NetError>(() => new Addition([Publishing("two", "8080 10.0.0.1")]).Write(state, batch));
        Assert.Equal("publish 10.0.0.1:8080/tcp: one (eth0, network net) has the host port", error.Message);
        Assert.False(batch.HasWork);
    }

    [Fact]
    public void A_transaction_is_begun_ended_and_acknowledged_once()
    {
        var batch = Batch(77);
        Assert.False(batch.HasWork);
        batch.AddTable();
        batch.AddRule("postrouting", new NftExpressions().Masquerade().Bytes, NftAnswer.Comment("net/id/eth0"));
        batch.End();
        var reader = new MessageReader(batch.Messages.Bytes);
        var messages = new List<string>();
        while (reader.Next())
        {
            messages.Add($"{reader.Type:x} {reader.Flags:x} {reader.Sequence} {Convert.ToHexStringLower(reader.Payload[..4])}");
            if (reader.Type == 0x10)
            {
                Assert.Equal("08000100" + "0000004d", Convert.ToHexStringLower(reader.Payload[4..]));
            }
            if (reader.Type == 0xA06)
            {
                var rule = NftAnswer.Rule(reader.Payload);
                Assert.Equal(("postrouting", "net/id/eth0"), (rule.Chain, rule.Comment));
            }
        }
        Assert.False(reader.IsBroken);
        Assert.Equal(["10 1 1 0000000a", "a00 401 2 01000000", "a06 c05 3 01000000", "11 1 4 0000000a"], messages);
        Assert.Equal(3u, batch.Last);
    }

    [Theory]
    [InlineData("0004616263" + "00", "abc")]
    [InlineData("0502ffff" + "0004616263" + "00", "abc")]
    [InlineData("0502ffff", null)]
    [InlineData("00ff6162", null)]
    [InlineData("00", null)]
    public void A_comment_stands_among_others_words(string userData, string? comment) =>
        Assert.Equal(comment, RuleOf(writer => writer.Attribute(7, Convert.FromHexString(userData))).Comment);

    [Fact]
    public void Any_answer_is_read_to_its_end() => Gen.Byte.Array[0, 200].Sample(static bytes =>
    {
        NftAnswer.Rule(bytes);
        NftAnswer.SetName(bytes);
        NftAnswer.Generation(bytes);
        NftAnswer.Elements(bytes, []);
        NftAnswer.IsWithin(bytes, bytes);
    });

    // mutant: NetlinkCheck.AnswerHasItsHeader
    [Fact]
    public void An_answer_that_is_cut_off_says_nothing()
    {
        Assert.Equal((0u, ""), (NftAnswer.Generation([1, 2, 3]), NftAnswer.SetName([])));
        Assert.Null(NftAnswer.Rule([1]).Comment);
    }

    private static NftRule RuleOf(Action<MessageWriter> write)
    {
        var writer = new MessageWriter().Bytes4(1);
        write(writer);
        return NftAnswer.Rule(writer.Bytes);
    }

    private static NftBatch Batch(uint generation = 1)
    {
        var sequence = 0u;
        return new NftBatch("sharprun", () => ++sequence, generation);
    }

    private static PlanRules Publishing(string id, string port)
    {
        var words = port.Split(' ');
        return PlanRules.Of(new FirewallPlan(new Tag("net", id, "eth0"))
        {
            Targets = [IPAddress.Parse("10.83.0.7")],
            Ports = [new PortMapping(words[1] == "null" ? null : IPAddress.Parse(words[1]), int.Parse(words[0]), 80, "tcp")],
        });
    }
}
