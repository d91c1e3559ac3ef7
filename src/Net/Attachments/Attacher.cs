using System;
using System.Globalization;
using System.Linq;
using SharpRun.Cni;
using SharpRun.CommandLine;
using SharpRun.Linux;
using SharpRun.Net.Leases;
using SharpRun.Net.Links;
using SharpRun.Net.Plugin;

namespace SharpRun.Net.Attachments;

/// <summary>Network namespaces onto networks and off again, each act under the network's lock and with its record written before it: what a killed call has
/// left is in a record without a result, and the next call that holds the lock takes it away.</summary>
static class Attacher
{
    /// <summary>All or nothing. The record with its result.</summary>
    public static AttachmentRecord Up(NetworkDirectory network, AttachmentRecord wanted)
    {
        ClearWayFor(network, wanted);
        using (var there = NetNs.OpenIfThere(wanted.NetNs))
        {
            wanted = wanted with { MakesNetNs = there is null, NetNsId = IdOf(there) };
        }
        if (NetCheck.NamespaceCanBeMade.Fails(wanted.MakesNetNs && NetworkFiles.NameOf(wanted.NetNs) is null))
        {
            throw new NetError($"attach {wanted.NetNs}: there is no network namespace (only those below /run/netns are made)");
        }
        Require(network, wanted);
        network.Write(wanted);
        var isMade = false;
        try
        {
            if (wanted.MakesNetNs)
            {
                NetNs.Make(NetworkFiles.NameOf(wanted.NetNs)!);
                isMade = true;
                using var made = NetNs.Open(wanted.NetNs);
                wanted = wanted with { NetNsId = IdOf(made) };
            }
            BridgeLinks.AddLoopback(wanted.NetNs);
            wanted = wanted with { Result = PluginChain.Add(wanted) };
            network.Write(wanted);
            network.WriteHosts().OrThrow($"write the names of network {network.Network}");
            return wanted;
        }
        catch (Exception)
        {
            // A namespace that somebody else has made meanwhile is not ours to remove.
            Undo(network, wanted with { MakesNetNs = isMade });
            throw;
        }
    }

    /// <summary>Everything of it goes; the record last, and only when all else has gone, so that the call can be repeated.</summary>
    public static void Down(NetworkDirectory network, AttachmentRecord record)
    {
        Each.Try(
            () => PluginChain.Remove(record),
            () => RemoveNetNs(record),
            () =>
            {
                network.Records.RemoveAll(other => other.NetNs == record.NetNs);
                network.WriteHosts().OrThrow($"write the names of network {network.Network}");
            },
            () =>
            {
                if (network.Records.Count == 0 && record.Network.IsBuiltIn)
                {
                    UnusedBridge.Remove(KnownNetwork.BuiltInBridge);
                }
            });
        network.Remove(record).OrThrow($"remove the record of {record.NetNs} in {network.Path}");
    }

    /// <summary>Begun and never finished, of before the machine's start, or of a namespace that is gone. In doubt it lives.</summary>
    public static bool IsDead(AttachmentRecord record)
    {
        if (NetCheck.AttachmentIsFinished.Fails(record.Result is null) || NetCheck.AttachmentIsOfThisBoot.Fails(record.BootId != LeaseWitness.ReadBootId()))
        {
            return true;
        }
        using var there = NetNs.OpenIfThere(record.NetNs);
        return NetCheck.NamespaceIsThere.Fails(there is null) || NetCheck.NamespaceIsTheSame.Fails(record.NetNsId.Length > 0 && IdOf(there) != record.NetNsId);
    }

    // What stands in the way and is dead is taken away; what lives is refused.
    private static void ClearWayFor(NetworkDirectory network, AttachmentRecord wanted)
    {
        if (network.Broken.Remove(NetworkFiles.RecordOf(wanted.NetNs)))
        {
            network.RemoveFile(NetworkFiles.RecordOf(wanted.NetNs));
        }
        foreach (var other in network.Records.FindAll(other => other.NetNs == wanted.NetNs || IsRival(other, wanted)))
        {
            if (NetCheck.RivalThatLivesStays.Passes(IsDead(other)))
            {
                Down(network, other);
            }
        }
    }

    private static bool IsRival(AttachmentRecord other, AttachmentRecord wanted) =>
        (other.ContainerId == wanted.ContainerId && other.IfName == wanted.IfName) || (other.Name is not null && other.Name == wanted.Name)
        || other.Wishes.PortMappings.Any(port => wanted.Wishes.PortMappings.Any(one => PortWord.Collide(port, one)));

    private static void Require(NetworkDirectory network, AttachmentRecord wanted)
    {
        var act = $"attach {wanted.NetNs} to network {network.Network}";
        if (NetCheck.NamespaceIsNotAttached.Fails(network.Find(wanted.NetNs) is not null))
        {
            throw new NetError($"{act}: it is attached already");
        }
        foreach (var other in network.Records)
        {
            if (NetCheck.ContainerIsNotAttached.Fails(other.ContainerId == wanted.ContainerId && other.IfName == wanted.IfName))
            {
                throw new NetError($"{act}: {other.NetNs} is there as {other.ContainerId} with {other.IfName} already");
            }
            if (NetCheck.NameIsFree.Fails(other.Name is not null && other.Name == wanted.Name))
            {
                throw new NetError($"{act}: the name {wanted.Name} is that of {other.NetNs}");
            }
            var port = wanted.Wishes.PortMappings.FirstOrDefault(one => other.Wishes.PortMappings.Any(port => PortWord.Collide(port, one)));
            if (NetCheck.PortIsFree.Fails(port is not null))
            {
                throw new NetError($"{act}: port {PortWord.TextOf(port!)} of the host leads to {other.NetNs} already");
            }
        }
        if (PluginChain.Missing(wanted) is { } plugin)
        {
            throw new NetError($"{act}: there is no plugin \"{plugin}\" in CNI_PATH ({wanted.CniPath})");
        }
        if (wanted.Network.IsBuiltIn && HostRoutes.Overlapping(KnownNetwork.BuiltInSubnet, KnownNetwork.BuiltInBridge) is { } route)
        {
            throw new NetError($"{act}: its addresses, {KnownNetwork.BuiltInSubnet}, are those of the host's route {route}; "
                + $"describe a network {KnownNetwork.BuiltInName} with others in the configuration directory");
        }
    }

    // The first error is the one to be told; what cannot be undone keeps its record, for `down` and `gc`.
    private static void Undo(NetworkDirectory network, AttachmentRecord record)
    {
        try
        {
            Down(network, record);
        }
        catch (Exception)
        {
        }
    }

    private static void RemoveNetNs(AttachmentRecord record)
    {
        if (NameOfOurs(record) is { } name)
        {
            NetNs.Remove(name);
        }
    }

    /// <summary>The name below /run/netns of a namespace that `up` has made; null: it is somebody else's.</summary>
    internal static string? NameOfOurs(AttachmentRecord record) => NetCheck.OthersNamespaceStays.Passes(record.MakesNetNs) ? NetworkFiles.NameOf(record.NetNs) : null;

    private static string IdOf(NetNs? netNs) =>
        netNs is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{netNs.Identity.Major}:{netNs.Identity.Minor}:{netNs.Identity.Inode}");
}
