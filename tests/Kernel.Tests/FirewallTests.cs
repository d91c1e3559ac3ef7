using System.Collections.Generic;
using System.Net;
using SharpRun.Cni;
using SharpRun.Linux;
using SharpRun.Net;
using SharpRun.Net.Firewall;

namespace SharpRun.KernelTests;

/// <summary>The table "inet sharprun" of a new network namespace. What packets make of it is shown by conformance scripts.</summary>
static class FirewallTests
{
    private const int Here = Native.CLONE_NEWNET;
    private const string Network = "net";

    public static readonly Test[] All =
    [
        new("firewall: rules come and go, and the table with the last", ComeAndGo, Here),
        new("firewall: nft prints whose rules they are", Printed, Here),
        new("firewall: a host port is refused by its owner's name, and nothing is changed", Refused, Here),
        new("firewall: a second addition takes the place of the first", Replaced, Here),
        new("firewall: after a flush what is missing is named, put back, and removed", Flushed, Here),
        new("firewall: a thousand attachments in one transaction", Many, Here),
        new("firewall: of 12 additions of one port at once one succeeds", Race, Here),
        new("firewall: kill -9 at any moment leaves all or nothing", Killed, Here),
        new("firewall: a kernel without nf_tables says so", Without, Here),
    ];

    private static void ComeAndGo()
    {
        using var rules = OpenOrSkip();
        Check.Equal(null, rules.Check(new FirewallPlan(TagOf(1))));
        Check.Equal("the table inet sharprun is gone", rules.Check(Plan(1)));
        rules.Add(Plan(1));
        rules.Add(Plan(2));
        Check.Equal(null, rules.Check(Plan(1)));
        Check.Equal(null, rules.Check(Plan(2)));
        Check.Equal(2, rules.Tags(Network).Count);
        Check.Equal(0, rules.Tags("other").Count);
        Check.Equal("1", Scratch.ReadFile("/proc/sys/net/ipv4/conf/lo/route_localnet").Trim());
        rules.Remove(TagOf(1));
        rules.Remove(TagOf(1));
        Check.Equal(null, rules.Check(Plan(2)));
        Check.Equal(TagOf(2), rules.Tags(Network)[0]);
        Check.True(rules.Check(Plan(1)) is not null);
        rules.Remove(TagOf(2));
        Check.Equal("the table inet sharprun is gone", rules.Check(Plan(2)));
        rules.Remove(TagOf(2));
    }

    private static void Printed()
    {
        using var rules = OpenOrSkip();
        const string nft = "/usr/sbin/nft";
        if (!Command.Exists(nft))
        {
            throw new Skip("nft is not installed (Debian package nftables)");
        }
        rules.Add(Plan(1));
        var listed = Command.Run(nft, "list", "ruleset").Output;
        Check.Contains("ip saddr 10.83.0.1 ip daddr != 10.83.0.0/16 ip daddr != 224.0.0.0/4 masquerade comment \"net/c1/eth0\"", listed);
        Check.Contains("ip6 saddr fd83::1 ip6 daddr != fd83::/64 ip6 daddr != ff00::/8 masquerade comment \"net/c1/eth0\"", listed);
        Check.Contains("tcp . 10001 comment \"net/c1/eth0\" : 10.83.0.1 . 80", listed);
        Check.Contains("127.0.0.1 . udp . 10001 comment \"net/c1/eth0\" : 10.83.0.1 . 53", listed);
        Check.Contains("fib daddr type local dnat ip to meta l4proto . th dport map @ports", listed);
        Check.Contains("elements = { \"lo\" }", listed);
        rules.Remove(TagOf(1));
        Check.Equal("", Command.Run(nft, "list", "ruleset").Output);
    }

    private static void Refused()
    {
        using var rules = OpenOrSkip();
        rules.Add(Plan(1));
        var thief = Plan(2) with { Ports = [new PortMapping(null, 9999, 80, "tcp"), new PortMapping(IPAddress.Parse("192.0.2.1"), 10001, 80, "tcp")] };
        Check.Equal("publish 192.0.2.1:10001/tcp: c1 (eth0, network net) has the host port", RefusalOf(rules, thief));
        Check.Equal(1, rules.Tags(Network).Count);
        Check.Equal(null, rules.Check(Plan(1)));
    }

    private static void Replaced()
    {
        using var rules = OpenOrSkip();
        rules.Add(Plan(1));
        var second = Plan(1) with { Ports = [new PortMapping(null, 10001, 8080, "tcp")], Masquerade = [] };
        rules.Add(second);
        Check.Equal(null, rules.Check(second));
        Check.Contains("masquerading rule of net/c1/eth0", rules.Check(Plan(1)) ?? "");
        rules.Add(new FirewallPlan(TagOf(1)));
        Check.Equal(0, rules.Tags(Network).Count);
        Check.Equal("the table inet sharprun is gone", rules.Check(second));
    }

    private static void Flushed()
    {
        using var rules = OpenOrSkip();
        const string nft = "/usr/sbin/nft";
        if (!Command.Exists(nft))
        {
            throw new Skip("nft is not installed (Debian package nftables)");
        }
        rules.Reapply([Plan(1), Plan(2)]);
        Check.Equal(0, Command.Run(nft, "flush", "ruleset").Status);
        Check.Equal("the table inet sharprun is gone", rules.Check(Plan(1)));
        rules.Remove(TagOf(1));
        rules.Reapply([Plan(1), Plan(2)]);
        // This leaves chains and maps, without rules.
        Check.Equal(0, Command.Run(nft, "flush", "table", "inet", "sharprun").Status);
        Check.Contains("the chain prerouting of the table inet sharprun has lost rules", rules.Check(Plan(1)) ?? "");
        rules.Reapply([Plan(1), Plan(2)]);
        Check.Equal(null, rules.Check(Plan(1)));
        Check.Equal(null, rules.Check(Plan(2)));
        Check.Equal(0, Command.Run(nft, "delete", "element", "inet", "sharprun", "ports", "{", "tcp . 10002", "}").Status);
        Check.Equal("the host port 10002/tcp of net/c2/eth0 is not in the table inet sharprun", rules.Check(Plan(2)));
        rules.Remove(TagOf(1));
        rules.Remove(TagOf(2));
        Check.Equal("", Command.Run(nft, "list", "ruleset").Output);
    }

    // More bytes than a socket's send buffer, and more than one datagram in the dumps.
    private static void Many()
    {
        using var rules = OpenOrSkip();
        var plans = new List<FirewallPlan>();
        for (var i = 1; i <= 1000; i++)
        {
            plans.Add(Plan(i));
        }
        rules.Reapply(plans);
        Check.Equal(1000, rules.Tags(Network).Count);
        Check.Equal(null, rules.Check(Plan(1)));
        Check.Equal(null, rules.Check(Plan(1000)));
        rules.Remove(TagOf(500));
        Check.Equal(999, rules.Tags(Network).Count);
    }

    private static void Race()
    {
        using var rules = OpenOrSkip();
        var children = new List<int>();
        for (var i = 1; i <= 12; i++)
        {
            var plan = Plan(i) with { Ports = [new PortMapping(null, 8080, 80, "tcp")] };
            children.Add(InChild(() =>
            {
                using var own = Rules.Open();
                var refusal = RefusalOf(own, plan);
                return refusal is null ? 0 : refusal.Contains("has the host port", System.StringComparison.Ordinal) ? 1 : 2;
            }));
        }
        var counts = new int[3];
        foreach (var child in children)
        {
            Check.Value(Sys.WaitId(child, Native.WEXITED, out var status));
            Sys.Close(child);
            Check.True(!status.IsSignal && status.Status < counts.Length);
            counts[status.Status]++;
        }
        Check.Equal("1 11 0", string.Join(' ', counts));
        Check.Equal(1, rules.Tags(Network).Count);
    }

    private static void Killed()
    {
        using var rules = OpenOrSkip();
        var seen = (All: 0, Nothing: 0);
        for (var round = 0; round < 40; round++)
        {
            var child = InChild(static () =>
            {
                using var own = Rules.Open();
                while (true)
                {
                    own.Add(Plan(1));
                    own.Remove(TagOf(1));
                }
            });
            Sys.Poll([], 1 + (round % 7));
            Check.Ok(Sys.PidfdSendSignal(child, Native.SIGKILL));
            Check.Value(Sys.WaitId(child, Native.WEXITED, out _));
            Sys.Close(child);
            if (rules.Check(Plan(1)) is not { } missing)
            {
                seen.All++;
                continue;
            }
            Check.Equal("the table inet sharprun is gone", missing);
            seen.Nothing++;
        }
        Check.Equal(40, seen.All + seen.Nothing);
        rules.Remove(TagOf(1));
        Check.Equal(0, rules.Tags(Network).Count);
    }

    private static void Without()
    {
        using var rules = Rules.Open();
        if (RefusalOf(rules, Plan(1)) is not { } refusal)
        {
            throw new Skip("this kernel has nf_tables");
        }
        Check.Contains("masquerade and publish ports: this kernel ", refusal);
        rules.Remove(TagOf(1));
        Check.Equal(0, rules.Tags(Network).Count);
    }

    private static Rules OpenOrSkip()
    {
        var rules = Rules.Open();
        if (RefusalOf(rules, Plan(1)) is { } refusal)
        {
            rules.Dispose();
            throw new Skip(refusal);
        }
        rules.Remove(TagOf(1));
        return rules;
    }

    private static string? RefusalOf(Rules rules, FirewallPlan plan)
    {
        try
        {
            rules.Add(plan);
            return null;
        }
        catch (NetError error)
        {
            return error.Message;
        }
    }

    private static int InChild(System.Func<int> body)
    {
        var child = Sys.Clone(0, out var pidFd).OrThrow("clone a rival");
        if (child == 0)
        {
            Sys.Exit(body());
        }
        return pidFd;
    }

    private static Tag TagOf(int number) => new(Network, $"c{number}", "eth0");

    private static FirewallPlan Plan(int number)
    {
        var v4 = new IPAddress([10, 83, (byte)(number >> 8), (byte)number]);
        var v6 = IPAddress.Parse($"fd83::{number:x}");
        return new FirewallPlan(TagOf(number))
        {
            Masquerade = [new Cidr(v4, 16), new Cidr(v6, 64)],
            Targets = [v4, v6],
            Ports = [new PortMapping(null, 10000 + number, 80, "tcp"), new PortMapping(IPAddress.Loopback, 10000 + number, 53, "udp")],
            Bridge = "lo",
        };
    }
}
