using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using SharpRun.Cni;
using SharpRun.Linux;
using SharpRun.Net.Leases;
using Xunit;

namespace SharpRun.Net.Tests.Leases;

public sealed class HostLocalTests
{
    private static readonly string s_boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    [Fact]
    public void Addresses_go_round()
    {
        using var room = new LeaseRoom("10.1.0.0/29");
        Assert.Equal(["10.1.0.2", "10.1.0.3", "10.1.0.4"], [room.Add("a"), room.Add("b"), room.Add("c")]);
        room.Remove("a");
        Assert.Equal(["10.1.0.5", "10.1.0.6", "10.1.0.2"], [room.Add("d"), room.Add("e"), room.Add("f")]);
    }

    [Fact]
    public void A_full_range_is_named()
    {
        using var room = new LeaseRoom("10.1.0.0/30", "fd00::/126");
        room.Add("a");
        var names = room.Names();
        Assert.Equal("failed to allocate for range 0: no IP addresses available in range set: 10.1.0.1-10.1.0.2", room.Refusal("b"));
        Assert.Equal(names, room.Names());
        Assert.Equal(CniCode.NotAvailable, Assert.Throws<CniError>(() => HostLocal.Status(room.Ipam(), LeaseRoom.Network)).Code);
        room.Remove("a");
        HostLocal.Status(room.Ipam(), LeaseRoom.Network);
    }

    [Fact]
    public void The_second_set_that_is_full_leaves_the_first_alone()
    {
        using var room = new LeaseRoom("10.1.0.0/24", "10.2.0.0/30");
        room.Add("a");
        Assert.Equal("failed to allocate for range 1: no IP addresses available in range set: 10.2.0.1-10.2.0.2", room.Refusal("b"));
        Assert.False(File.Exists(room["10.1.0.3"]));
        Assert.Equal("10.1.0.2", File.ReadAllText(room["last_reserved_ip.0"]));
    }

    [Fact]
    public void A_lease_of_an_earlier_boot_is_free_when_the_range_is_full_and_not_before()
    {
        using var room = new LeaseRoom("10.1.0.0/29");
        for (var i = 2; i <= 5; i++)
        {
            room.Add($"c{i}");
        }
        Remember(room, "10.1.0.3", $"another-boot|c3|eth0|/proc/self/ns/net");
        Assert.Equal("10.1.0.6", room.Add("new"));
        Assert.Equal("10.1.0.3", room.Add("newer"));
        Assert.Equal("newer\r\neth0", File.ReadAllText(room["10.1.0.3"]));
        Assert.StartsWith("failed to allocate", room.Refusal("newest"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_lease_whose_namespace_is_gone_is_free_when_the_range_is_full()
    {
        using var room = new LeaseRoom("10.1.0.0/29");
        var leftover = Path.Combine(room.DataDirectory, "leftover");
        File.WriteAllText(leftover, "");
        room.Add("alive", "/proc/self/ns/net");
        room.Add("dead", "/run/netns/there-is-no-such-thing");
        room.Add("unknown");
        room.Add("unmounted", leftover);
        room.Add("alive-too", "/proc/self/ns/net");
        Assert.Equal("10.1.0.3", room.Add("new", "/proc/self/ns/net"));
        Assert.Equal("10.1.0.5", room.Add("newer", "/proc/self/ns/net"));
        Assert.StartsWith("failed to allocate", room.Refusal("newest"), StringComparison.Ordinal);
        Assert.Equal($"{s_boot}|new|eth0|/proc/self/ns/net", new FileInfo(room[".sharprun-10.1.0.3"]).LinkTarget);
    }

    [Fact]
    public void What_is_remembered_of_an_earlier_owner_does_not_free_the_lease_of_another()
    {
        using var room = new LeaseRoom("10.1.0.0/30");
        room.Add("first", "/run/netns/there-is-no-such-thing");
        // As if host-local had taken the lease of the first one away and leased the address again.
        File.WriteAllText(room["10.1.0.2"], "second\r\neth0");
        Assert.StartsWith("failed to allocate", room.Refusal("third"), StringComparison.Ordinal);
        room.Remove("first");
        Assert.True(File.Exists(room["10.1.0.2"]));
        room.Remove("second");
        Assert.Equal("last_reserved_ip.0 lock", room.Names());
    }

    [Fact]
    public void An_empty_file_is_nobodys()
    {
        using var room = new LeaseRoom("10.1.0.0/30");
        Directory.CreateDirectory(room.Leases);
        File.WriteAllText(room["10.1.0.2"], "");
        Assert.Equal("10.1.0.2", room.Add("a"));
        Assert.Equal("a\r\neth0", File.ReadAllText(room["10.1.0.2"]));
    }

    [Fact]
    public void What_is_no_lease_but_has_its_name_is_kept()
    {
        using var room = new LeaseRoom("10.1.0.0/29");
        Directory.CreateDirectory(room["10.1.0.2"]);
        Assert.Equal("10.1.0.3", room.Add("a"));
    }

    [Fact]
    public void Requested_addresses_are_leased_or_refused()
    {
        using var room = new LeaseRoom("10.1.0.0/29", "fd00::/120");
        Assert.Equal("10.1.0.5 fd00::99", room.Add("a", null, "fd00::99", "10.1.0.5"));
        Assert.Equal("failed to allocate for range 0: requested IP address 10.1.0.5 is not available in range set 10.1.0.1-10.1.0.6", room.Refusal("b", "10.1.0.5"));
        Assert.Equal("failed to allocate for range 0: requested ip 10.1.0.1 is subnet's gateway", room.Refusal("b", "10.1.0.1"));
        Assert.Equal("failed to allocate all requested IPs: 192.0.2.1", room.Refusal("b", "192.0.2.1"));
        Assert.Equal("failed to allocate all requested IPs: 10.1.0.7", room.Refusal("b", "10.1.0.7"));
        Assert.Equal("failed to allocate for range 0: 10.1.0.5 has been allocated to a, duplicate allocation is not allowed", room.Refusal("a"));
    }

    // mutant: NetCheck.RequestIsAHosts
    [Fact]
    public void A_broadcast_address_is_leased_to_nobody_who_asks_for_it()
    {
        using var room = new LeaseRoom();
        var ipam = Calls.Config($$$"""
            "ipam":{"type":"host-local","dataDir":"{{{room.DataDirectory}}}","subnet":"10.1.0.0/29","rangeEnd":"10.1.0.7"},"args":{"cni":{"ips":["10.1.0.7"]}}
            """).Ipam!;
        var error = Assert.Throws<CniError>(() => HostLocal.Add(ipam, LeaseRoom.Network, new LeaseOwner("a", "eth0", null)));
        Assert.Equal("failed to allocate for range 0: requested ip 10.1.0.7 names no host of the subnet 10.1.0.0/29", error.Message);
    }

    [Fact]
    public void A_lease_of_the_dead_may_be_requested()
    {
        using var room = new LeaseRoom("10.1.0.0/24");
        room.Add("a", "/run/netns/there-is-no-such-thing", "10.1.0.9");
        Assert.Equal("10.1.0.9", room.Add("b", null, "10.1.0.9"));
    }

    [Fact]
    public void Ranges_of_one_set_follow_one_another()
    {
        using var room = new LeaseRoom("10.1.0.0/30,10.2.0.0/30");
        Assert.Equal(["10.1.0.2", "10.2.0.2"], [room.Add("a"), room.Add("b")]);
        Assert.Equal("failed to allocate for range 0: no IP addresses available in range set: 10.1.0.1-10.1.0.2,10.2.0.1-10.2.0.2", room.Refusal("c"));
        room.Remove("a");
        Assert.Equal("10.1.0.2", room.Add("c"));
    }

    [Fact]
    public void Garbage_is_what_is_not_valid()
    {
        using var room = new LeaseRoom("10.1.0.0/24");
        room.Add("a");
        room.Add("b");
        room.Add("c");
        File.WriteAllText(room["10.1.0.77"], "");
        File.WriteAllText(room[".sharprun-new"], "half");
        File.CreateSymbolicLink(room[".sharprun-10.1.0.78"], "x");
        HostLocal.Collect(room.Ipam(), LeaseRoom.Network, [new Attachment("b", "eth0"), new Attachment("a", "eth1")]);
        Assert.Equal(".sharprun-10.1.0.3 10.1.0.3 last_reserved_ip.0 lock", room.Names());
    }

    [Fact]
    public void Check_asks_for_a_lease_of_the_owner()
    {
        using var room = new LeaseRoom("10.1.0.0/24");
        Assert.Throws<CniError>(() => HostLocal.Check(room.Ipam(), LeaseRoom.Network, "a", "eth0"));
        room.Add("a");
        HostLocal.Check(room.Ipam(), LeaseRoom.Network, "a", "eth0");
        Assert.Throws<CniError>(() => HostLocal.Check(room.Ipam(), LeaseRoom.Network, "a", "eth1"));
    }

    [Fact]
    public void Nothing_is_made_to_remove_something()
    {
        using var room = new LeaseRoom("10.1.0.0/24");
        room.Remove("a");
        Assert.False(Directory.Exists(room.Leases));
    }

    [Fact]
    public void At_once_they_share_no_address()
    {
        using var room = new LeaseRoom("10.1.0.0/24", "fd00::/64");
        var leased = new List<string>();
        var threads = Enumerable.Range(0, 50).Select(i => new Thread(() =>
        {
            var addresses = room.Add($"c{i}");
            lock (leased)
            {
                leased.Add(addresses);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.Equal(100, leased.SelectMany(text => text.Split(' ')).Distinct().Count());
    }

    // mutant: NetCheck.LeasesHaveANetwork
    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("a/../b")]
    public void A_network_s_leases_are_below_the_directory_of_all(string network)
    {
        using var room = new LeaseRoom("10.1.0.0/24");
        Assert.Equal(CniCode.InvalidConfig, Assert.Throws<CniError>(() => HostLocal.Remove(room.Ipam(), network, "a", "eth0")).Code);
    }

    // mutant: NetCheck.LeaseMayBeGone
    [Fact]
    public void A_lease_that_went_meanwhile_is_given_back()
    {
        using var room = new LeaseRoom("10.1.0.0/24");
        room.Add("a");
        using var leases = LeaseDirectory.Open(room.Ipam(), LeaseRoom.Network, makes: false)!;
        File.Delete(room["10.1.0.2"]);
        Assert.Equal(Errno.OK, leases.Remove(leases.Leases[0]));
    }

    // mutant: NetCheck.UndoneLeaseIsNew
    [Fact]
    public void What_cannot_be_written_is_taken_back_and_nothing_else()
    {
        using var room = new LeaseRoom("10.1.0.0/24", "10.2.0.0/24");
        room.Add("a");
        File.Delete(room["last_reserved_ip.1"]);
        Directory.CreateDirectory(room["last_reserved_ip.1"]);
        Assert.Throws<ErrnoException>(() => room.Add("b"));
        Assert.Equal(["10.1.0.2", "10.2.0.2"], Directory.GetFiles(room.Leases).Select(path => Path.GetFileName(path)!).Where(name => name.StartsWith("10.", StringComparison.Ordinal)).Order());
    }

    // mutant: NetCheck.BootIsKnown NetCheck.DoubtfulNamespaceLives NetCheck.NamespaceIsKnown
    [Fact]
    public void In_doubt_an_owner_lives()
    {
        using var room = new LeaseRoom("10.1.0.0/24");
        var loop = Path.Combine(room.DataDirectory, "loop");
        File.CreateSymbolicLink(loop, loop);
        Assert.False(new LeaseWitness("boot", "a\r\neth0", "").IsDead(""));
        Assert.False(new LeaseWitness("boot", "a\r\neth0", loop).IsDead("boot"));
        Assert.True(new LeaseWitness("boot", "a\r\neth0", loop + "/none/x").IsDead("another"));
        Assert.True(new LeaseWitness("boot", "a\r\neth0", room.DataDirectory + "/none").IsDead("boot"));
    }

    private static void Remember(LeaseRoom room, string address, string text)
    {
        File.Delete(room[".sharprun-" + address]);
        File.CreateSymbolicLink(room[".sharprun-" + address], text);
    }
}
