using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using SharpRun.Cni;
using SharpRun.Linux;

namespace SharpRun.Net.Leases;

/// <summary>Whose lease. NetNs, the path of the network namespace, says later whether the owner can still be alive; null when it is not known.</summary>
sealed record LeaseOwner(string ContainerId, string IfName, string? NetNs);

/// <summary>Addresses as the plugin host-local leases them, in the same files: both may share a directory.</summary>
static class HostLocal
{
    /// <summary>An address of each set of ranges, routes and dns. All or none.</summary>
    public static CniResult Add(IpamConfig ipam, string network, LeaseOwner owner)
    {
        var dns = ipam.ResolvConf is { Length: > 0 } path ? ResolvConf.Read(path) : new ResultDns();
        using var leases = LeaseDirectory.Open(ipam, network, makes: true)!;
        var bootId = LeaseWitness.ReadBootId();
        var chosen = ChooseAll(ipam, leases, owner, bootId);
        try
        {
            for (var set = 0; set < chosen.Count; set++)
            {
                leases.Write(chosen[set].Address, owner, bootId);
                leases.WriteLast(set, chosen[set].Address);
            }
        }
        catch (ErrnoException)
        {
            leases.RemoveOrThrow(lease => NetCheck.UndoneLeaseIsNew.Passes(chosen.Exists(one => one.Address.Equals(lease.Address))));
            throw;
        }
        return new CniResult
        {
            Ips = chosen.ConvertAll(one => new ResultIp(new Cidr(one.Address, one.Range.Subnet.PrefixLength), one.Range.Gateway)),
            Routes = [.. ipam.Routes],
            Dns = dns,
        };
    }

    /// <summary>Whatever the owner has in this network; nothing is no error.</summary>
    public static void Remove(IpamConfig ipam, string network, string containerId, string ifName)
    {
        using var leases = LeaseDirectory.Open(ipam, network, makes: false);
        leases?.RemoveOrThrow(lease => NetCheck.LeaseIsTheOwners.Passes(lease.IsOf(containerId, ifName)));
        leases?.RemoveStrays();
    }

    public static void Check(IpamConfig ipam, string network, string containerId, string ifName)
    {
        using var leases = LeaseDirectory.Open(ipam, network, makes: false);
        if (NetCheck.OwnerHasALease.Fails(leases is null || !leases.Leases.Exists(lease => lease.IsOf(containerId, ifName))))
        {
            throw new CniError(CniCode.UnknownContainer, $"check the leases of {network}: {containerId} has no address for {ifName}");
        }
    }

    /// <summary>Removes the leases of all others.</summary>
    public static void Collect(IpamConfig ipam, string network, IReadOnlyList<Attachment> valid)
    {
        using var leases = LeaseDirectory.Open(ipam, network, makes: false);
        leases?.RemoveOrThrow(lease => NetCheck.ValidLeaseStays.Passes(lease.IsEmpty || !valid.Any(one => lease.IsOf(one.ContainerId, one.IfName))));
        leases?.RemoveStrays();
    }

    /// <summary>Throws when no address can be leased.</summary>
    public static void Status(IpamConfig ipam, string network)
    {
        using var leases = LeaseDirectory.Open(ipam, network, makes: false);
        if (leases is null)
        {
            return;
        }
        var taken = Taken(leases, LeaseWitness.ReadBootId());
        foreach (var set in ipam.RangeSets)
        {
            if (NetCheck.RangeHasRoom.Fails(RangeWalk.FirstFree(set, null, taken.Contains) is null))
            {
                throw new CniError(CniCode.NotAvailable, Exhausted(set));
            }
        }
    }

    // All is chosen before anything is written. The sentences are host-local's own: they are what people look for in their logs.
    private static List<(IPAddress Address, AddressRange Range)> ChooseAll(IpamConfig ipam, LeaseDirectory leases, LeaseOwner owner, string bootId)
    {
        List<IPAddress> requested = [.. ipam.Requested];
        var chosen = new List<(IPAddress Address, AddressRange Range)>();
        for (var set = 0; set < ipam.RangeSets.Count; set++)
        {
            var ranges = ipam.RangeSets[set];
            var wanted = requested.Find(address => RangeWalk.RangeOf(ranges, address) is not null);
            requested.RemoveAll(address => address.Equals(wanted));
            try
            {
                var had = leases.Leases.Find(lease => lease.IsOf(owner.ContainerId, owner.IfName) && RangeWalk.RangeOf(ranges, lease.Address) is not null);
                if (NetCheck.OwnerHasNoLeaseYet.Fails(had is not null))
                {
                    throw Refusal($"{had!.Name} has been allocated to {owner.ContainerId}, duplicate allocation is not allowed");
                }
                chosen.Add(wanted is null ? Choose(ranges, set, leases, bootId) : ChooseWanted(ranges, wanted, leases, bootId));
            }
            catch (CniError error)
            {
                throw new CniError(error.Code, $"failed to allocate for range {set}: {error.Message}");
            }
        }
        return NetCheck.RequestIsInARange.Passes(requested.Count == 0) ? chosen : throw Refusal($"failed to allocate all requested IPs: {string.Join(' ', requested.ConvertAll(LeaseName.Of))}");
    }

    private static (IPAddress Address, AddressRange Range) ChooseWanted(IReadOnlyList<AddressRange> set, IPAddress wanted, LeaseDirectory leases, string bootId)
    {
        var range = RangeWalk.RangeOf(set, wanted)!;
        if (NetCheck.RequestIsNoGateway.Fails(range.Gateway.Equals(wanted)))
        {
            throw Refusal($"requested ip {LeaseName.Of(wanted)} is subnet's gateway");
        }
        if (NetCheck.RequestIsAHosts.Fails(!RangeWalk.IsForHosts(set, range, wanted)))
        {
            throw Refusal($"requested ip {LeaseName.Of(wanted)} names no host of the subnet {range.Subnet}");
        }
        return NetCheck.RequestIsFree.Fails(Taken(leases, bootId).Contains(wanted))
            ? throw Refusal($"requested IP address {LeaseName.Of(wanted)} is not available in range set {TextOf(set)}") : (wanted, range);
    }

    // Leases of the dead are left alone as long as there are others: who looks into an accident may want to see them.
    private static (IPAddress Address, AddressRange Range) Choose(IReadOnlyList<AddressRange> set, int number, LeaseDirectory leases, string bootId)
    {
        var last = leases.Last(number);
        return RangeWalk.FirstFree(set, last, Taken(leases, null).Contains)
            ?? RangeWalk.FirstFree(set, last, Taken(leases, bootId).Contains)
            ?? throw Refusal(Exhausted(set));
    }

    // Those of the dead count as well when no boot is named.
    private static HashSet<IPAddress> Taken(LeaseDirectory leases, string? bootId)
    {
        var taken = new HashSet<IPAddress>();
        foreach (var lease in leases.Leases)
        {
            if (!NetCheck.EmptyLeaseIsFree.Fails(lease.IsEmpty) && !NetCheck.DeadLeaseIsFree.Fails(bootId is not null && leases.IsDead(lease, bootId)))
            {
                taken.Add(lease.Address);
            }
        }
        return taken;
    }

    private static string Exhausted(IReadOnlyList<AddressRange> set) => $"no IP addresses available in range set: {TextOf(set)}";

    private static string TextOf(IReadOnlyList<AddressRange> set) => string.Join(',', set.Select(range => $"{LeaseName.Of(range.First)}-{LeaseName.Of(range.Last)}"));

    // The reference's code, too: its callers know no other for a lease that is refused.
    private static CniError Refusal(string sentence) => new(CniCode.Refused, sentence);
}
