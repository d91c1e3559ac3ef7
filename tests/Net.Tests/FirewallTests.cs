using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using SharpRun.Cni;
using SharpRun.Net.Firewall;
using SharpRun.Netlink;
using Xunit;

namespace SharpRun.Net.Tests;

/// <summary>What is added to a table that is there, taken from it, and missed in it.</summary>
public sealed class FirewallTests
{
    private const int AddChain = 3, DeleteTable = 2, AddRule = 6, DeleteRule = 8, AddSet = 9, DeleteElement = 14;

    // mutant: NetCheck.OthersRulesStay NetCheck.OthersPortsStay NetCheck.OthersTableStays
    [Fact]
    public void What_is_others_stays()
    {
        using var kernel = new FakeKernel();
        var state = Table(kernel);
        AddAll(state, Publishing("a", "8080"));
        AddAll(state, Publishing("b", "8081"));
        var batch = Batch();
        Removal.WriteWithTable(state, TagOf("a"), batch);
        var rules = Publishing("a", "8080").Rules.Count;
        Assert.Equal((0, rules, 1), (Count(batch, DeleteTable), Count(batch, DeleteRule), Count(batch, DeleteElement)));
    }

    // mutant: NetCheck.RemovedTableIsThere
    [Fact]
    public void The_table_goes_with_the_last_of_its_users()
    {
        using var kernel = new FakeKernel();
        var state = Table(kernel);
        AddAll(state, Publishing("a", "8080"));
        var batch = Batch();
        Removal.WriteWithTable(state, TagOf("a"), batch);
        Assert.Equal((1, 0), (Count(batch, DeleteTable), Count(batch, DeleteRule)));
        var nothing = Batch();
        Removal.WriteWithTable(new TableState(1), TagOf("a"), nothing);
        Assert.False(nothing.HasWork);
    }

    // mutant: NetCheck.SetIsNew NetCheck.ChainIsNew NetCheck.FixedRulesAreNotAllThere
    [Fact]
    public void What_is_there_is_not_made_again()
    {
        using var kernel = new FakeKernel();
        var state = Table(kernel, "ports", "ports_at");
        AddAll(state, Publishing("a", "8080"));
        var batch = Batch();
        var plan = Publishing("b", "8081");
        new Addition([plan]).Write(state, batch);
        Assert.Equal((0, 0, 0, plan.Rules.Count), (Count(batch, AddChain), Count(batch, AddSet), Count(batch, DeleteRule), Count(batch, AddRule)));
    }

    // mutant: NetCheck.FixedRulesAreMadeOnce
    [Fact]
    public void Fixed_rules_are_made_once_for_all()
    {
        var batch = Batch();
        PlanRules[] plans = [Publishing("a", "8080"), Publishing("b", "8081")];
        new Addition(plans).Write(new TableState(1), batch);
        Assert.Equal(plans.Sum(plan => plan.Rules.Count) + plans[0].Fixed().Sum(rules => rules.Rules.Length), Count(batch, AddRule));
    }

    // mutant: NetCheck.PortsAreOfOneFamily
    [Fact]
    public void The_same_port_of_the_other_family_is_another() => new Addition([Publishing("a", "8080"), Publishing("b", "8080", "::1", "fd00::7")]).CheckAmongThemselves();

    // mutant: NetCheck.KeyIsAPort
    [Fact]
    public void A_key_that_is_no_port_is_in_nobody_s_way()
    {
        var state = new TableState(1);
        state.Ports.Add(new PublishedPort("ports_at", new NftElement([1], [], null), null));
        var batch = Batch();
        new Addition([Publishing("a", "8080")]).Write(state, batch);
        Assert.True(batch.HasWork);
    }

    // mutant: NetCheck.WayBackIsOfAPort
    [Fact]
    public void There_is_no_way_back_to_an_address_without_a_port()
    {
        var plan = new FirewallPlan(TagOf("a")) { Targets = [IPAddress.Parse("10.83.0.7"), IPAddress.Parse("fd00::7")], Ports = [new PortMapping(IPAddress.Loopback, 80, 80, "tcp")] };
        Assert.Equal(PlanRules.Of(plan with { Targets = [plan.Targets[0]] }).Rules, PlanRules.Of(plan).Rules);
    }

    // mutant: NetCheck.TableIsThere NetCheck.FixedRulesAreThere NetCheck.MasqueradeIsThere NetCheck.PublishedPortIsThere
    [Fact]
    public void What_is_missing_is_named()
    {
        using var kernel = new FakeKernel();
        var plan = Publishing("a", "8080");
        Assert.Equal("the table inet sharprun is gone", FirewallCheck.Missing(new TableState(1), plan));
        var state = Table(kernel);
        AddAll(state, plan);
        Assert.Null(FirewallCheck.Missing(state, plan));
        var port = state.Ports[0];
        state.Ports[0] = port with { Element = port.Element with { Data = [] } };
        Assert.Equal("the host port 8080/tcp of net/a/eth0 is not in the table inet sharprun", FirewallCheck.Missing(state, plan));
        state.Rules.RemoveAt(state.Rules.Count - 1);
        Assert.Equal("a masquerading rule of net/a/eth0 is not in the table inet sharprun", FirewallCheck.Missing(state, plan));
        state.Rules.RemoveAt(0);
        Assert.Equal("the chain prerouting of the table inet sharprun has lost rules", FirewallCheck.Missing(state, plan));
    }

    // The table as it is read from the kernel, without a rule.
    private static TableState Table(FakeKernel kernel, params string[] sets)
    {
        kernel.Generation(1, 1);
        kernel.Sets(2, sets);
        kernel.Rules(3);
        for (var i = 0; i < sets.Length; i++)
        {
            kernel.Done((uint)(4 + i));
        }
        return TableState.Read(kernel.Socket)!;
    }

    private static void AddAll(TableState state, PlanRules plan)
    {
        foreach (var rules in plan.Fixed().Where(rules => !state.HasChain(rules.Chain)))
        {
            state.Rules.AddRange(rules.Rules.Select(rule => (new NftRule(rules.Chain, 1, rule, null), (Tag?)null)));
        }
        state.Rules.AddRange(plan.Rules.Select(rule => (new NftRule("postrouting", 1, rule, null), (Tag?)plan.Plan.Tag)));
        state.Ports.AddRange(plan.Ports.Select(port => new PublishedPort(port.Map.Name, new NftElement(port.Key, port.Data, null), plan.Plan.Tag)));
        state.Tags.Add(plan.Plan.Tag);
    }

    private static Tag TagOf(string id) => new("net", id, "eth0");

    private static PlanRules Publishing(string id, string port, string? hostIp = null, string target = "10.83.0.7") => PlanRules.Of(new FirewallPlan(TagOf(id))
    {
        Targets = [IPAddress.Parse(target)],
        Ports = [new PortMapping(hostIp is null ? null : IPAddress.Parse(hostIp), int.Parse(port), 80, "tcp")],
    });

    private static NftBatch Batch()
    {
        var sequence = 0u;
        return new NftBatch("sharprun", () => ++sequence, 1);
    }

    private static int Count(NftBatch batch, int message)
    {
        var count = 0;
        var reader = new MessageReader(batch.Messages.End().Bytes);
        while (reader.Next())
        {
            count += reader.Type == (0xA00 | message) ? 1 : 0;
        }
        Assert.False(reader.IsBroken);
        return count;
    }
}
