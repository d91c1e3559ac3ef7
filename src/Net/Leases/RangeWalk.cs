using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using SharpRun.Cni;

namespace SharpRun.Net.Leases;

/// <summary>The addresses of a set of ranges in the order in which they are tried: round-robin from behind the last that was leased, so that an address
/// that has become free is given again as late as possible.</summary>
static class RangeWalk
{
    /// <summary>The first that is free; null: none is. What is tried is at most one more than what is taken: also a /64 has an answer at once.</summary>
    public static (IPAddress Address, AddressRange Range)? FirstFree(IReadOnlyList<AddressRange> set, IPAddress? last, Func<IPAddress, bool> isTaken)
    {
        foreach (var (range, first, end) in Parts(set, last))
        {
            for (var number = first; number <= end; number++)
            {
                var address = IpText.ToAddress(number, range.IsV6);
                if (IsForHosts(set, range, address) && !isTaken(address))
                {
                    return (address, range);
                }
                if (NetCheck.LastAddressEndsTheWalk.Fails(number == UInt128.MaxValue))
                {
                    break;
                }
            }
        }
        return null;
    }

    public static AddressRange? RangeOf(IReadOnlyList<AddressRange> set, IPAddress address) => set.FirstOrDefault(range => range.Contains(address));

    /// <summary>Neither a gateway, nor the subnet's own address (in IPv6 that of any router, RFC 4291 2.6.1), nor IPv4's broadcast address.</summary>
    public static bool IsForHosts(IReadOnlyList<AddressRange> set, AddressRange range, IPAddress address) =>
        NetCheck.LeaseIsNoGateway.Passes(!set.Any(one => one.Gateway.Equals(address)))
        && (IsPointToPoint(range.Subnet) || (NetCheck.LeaseIsNoNetwork.Passes(!address.Equals(range.Subnet.Network.Address))
            && NetCheck.LeaseIsNoBroadcast.Passes(range.IsV6 || !address.Equals(range.Subnet.Last))));

    private static bool IsPointToPoint(Cidr subnet) => subnet.PrefixLength >= (subnet.IsV6 ? 127 : 31);

    // Behind the last one up to its range's end, the other ranges, and the same range up to the last one.
    private static IEnumerable<(AddressRange Range, UInt128 First, UInt128 End)> Parts(IReadOnlyList<AddressRange> set, IPAddress? last)
    {
        var begin = last is null ? 0 : Math.Max(0, set.ToList().FindIndex(range => range.Contains(last)));
        var middle = last is not null && set[begin].Contains(last) ? last.ToNumber() : (UInt128?)null;
        if (middle is { } behind && behind != UInt128.MaxValue)
        {
            yield return (set[begin], behind + 1, set[begin].Last.ToNumber());
        }
        for (var i = middle is null ? 0 : 1; i < set.Count; i++)
        {
            var range = set[(begin + i) % set.Count];
            yield return (range, range.First.ToNumber(), range.Last.ToNumber());
        }
        if (middle is { } end)
        {
            yield return (set[begin], set[begin].First.ToNumber(), end);
        }
    }
}
