using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using CsCheck;
using SharpRun.Cni;
using SharpRun.Net.Leases;
using Xunit;

namespace SharpRun.Net.Tests.Leases;

public sealed class RangeWalkTests
{
    [Theory]
    [InlineData("10.0.0.0/24", null, "10.0.0.2")]
    [InlineData("10.0.0.0/24", "10.0.0.254", "10.0.0.2")]
    [InlineData("10.0.0.0/24", "192.0.2.1", "10.0.0.2")]
    [InlineData("fd00::/64", "fd00::ff", "fd00::100")]
    [InlineData("fd00::/64", "fd00::ffff:ffff:ffff:ffff", "fd00::2")]
    [InlineData("ffff:ffff:ffff:ffff::/64", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff::2")]
    public void It_begins_behind_the_last(string subnet, string? last, string expected) =>
        Assert.Equal(IPAddress.Parse(expected), RangeWalk.FirstFree([Range(subnet)], last is null ? null : IPAddress.Parse(last), _ => false)!.Value.Address);

    // mutant: NetCheck.LastAddressEndsTheWalk
    [Fact]
    public void The_last_address_of_all_ends_it()
    {
        var asked = 0;
        Assert.Null(RangeWalk.FirstFree([Range("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0/124")], null, _ => ++asked <= 16 ? true : throw new InvalidOperationException("it goes on")));
    }

    [Theory]
    [InlineData("10.0.0.0/29", "10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6")]
    [InlineData("fd00::/125", "fd00::2 fd00::3 fd00::4 fd00::5 fd00::6 fd00::7")]
    public void Network_broadcast_and_gateway_are_nobodys(string subnet, string expected)
    {
        var range = Range(subnet);
        var whole = range with { First = range.Subnet.Network.Address, Last = range.Subnet.Last };
        Assert.Equal(expected, string.Join(' ', All([whole], null)));
    }

    [Fact]
    public void Every_address_comes_once_and_the_last_one_last() => Gen.Select(Gen.Int[1, 4], Gen.Int[0, 60]).Sample((count, start) =>
    {
        var set = Enumerable.Range(0, count).Select(i => Range($"10.{i}.0.0/28")).ToList();
        var last = IpText.ToAddress(set[start % count].First.ToNumber() + (UInt128)(start % 14), false);
        var all = All(set, last);
        Assert.Equal(13 * count, all.Distinct().Count());
        Assert.Equal(13 * count, all.Count);
        Assert.True(last.Equals(set[start % count].Gateway) || last.Equals(all[^1]));
    });

    [Theory]
    [InlineData("fd00::1")]
    [InlineData("::1")]
    [InlineData("::")]
    [InlineData("1:2:3:4:5:6:7:8")]
    [InlineData("1:0:0:2::3")]
    [InlineData("1::2:0:0:3:4")]
    [InlineData("fe80::1:0:a")]
    [InlineData("10.1.2.3")]
    public void Names_are_as_they_are_read(string text) => Assert.Equal(text, LeaseName.Of(IPAddress.Parse(text)));

    [Theory]
    [InlineData("::1.2.3.4", "::102:304")]
    [InlineData("fe80::5efe:192.0.2.1", "fe80::5efe:c000:201")]
    [InlineData("2001:DB8::A", "2001:db8::a")]
    [InlineData("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7")]
    public void IPv4s_form_is_for_IPv4_alone(string text, string expected) => Assert.Equal(expected, LeaseName.Of(IPAddress.Parse(text)));

    private static List<IPAddress> All(IReadOnlyList<AddressRange> set, IPAddress? last)
    {
        var taken = new List<IPAddress>();
        while (RangeWalk.FirstFree(set, last, taken.Contains) is { } free)
        {
            taken.Add(free.Address);
        }
        return taken;
    }

    private static AddressRange Range(string text)
    {
        Assert.True(Cidr.TryParse(text, out var subnet));
        var first = IpText.ToAddress(subnet.Address.ToNumber() + 1, subnet.IsV6);
        var last = IpText.ToAddress(subnet.Last.ToNumber() - (subnet.IsV6 ? 0u : 1u), subnet.IsV6);
        return new AddressRange(subnet, first, last, first);
    }
}
