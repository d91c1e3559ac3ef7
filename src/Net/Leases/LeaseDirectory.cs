using System;
using System.Collections.Generic;
using System.Net;
using System.Text;
using SharpRun.Cni;
using SharpRun.Linux;
using SharpRun.Net.Kernel;

namespace SharpRun.Net.Leases;

/// <summary>The directory of a network's leases, under host-local's lock: the flock(2) of its file `lock`.</summary>
sealed class LeaseDirectory : IDisposable
{
    private const string LastPrefix = "last_reserved_ip.", NewFile = ".sharprun-new";
    private const uint DirectoryMode = 0x1ED, FileMode = 0x1A4, LockMode = 0x1E8; // 0755, 0644, 0750: the reference's
    private const int MaxLength = 4096;

    private readonly string _path;
    private readonly int _directory, _lock;

    private LeaseDirectory(string path, int directory, int @lock) => (_path, _directory, _lock) = (path, directory, @lock);

    public List<Lease> Leases { get; } = [];

    // Names of ours beside the leases.
    private readonly List<string> _others = [];

    /// <summary>Waits for the lock, and reads all leases. Null: there is no such directory, and it is not to be made.</summary>
    public static LeaseDirectory? Open(IpamConfig ipam, string network, bool makes)
    {
        if (NetCheck.LeasesHaveANetwork.Fails(network.Length == 0 || network[0] == '.' || network.Contains('/')))
        {
            throw new CniError(CniCode.InvalidConfig, $"lease an address: \"{network}\" is no name for a network");
        }
        var path = $"{ipam.DataDirectory}/{network}";
        var opened = Sys.Open(Native.AT_FDCWD, ZeroTerminated.Of(path), Native.O_RDONLY | Native.O_DIRECTORY);
        if (opened.Error == Errno.ENOENT)
        {
            if (!makes)
            {
                return null;
            }
            Directories.MakeAll(path, DirectoryMode);
            opened = Sys.Open(Native.AT_FDCWD, ZeroTerminated.Of(path), Native.O_RDONLY | Native.O_DIRECTORY);
        }
        var directory = opened.OrThrow($"open the leases in {path}");
        var file = Sys.Open(directory, "lock\0"u8, Native.O_RDONLY | Native.O_CREAT | Native.O_NOFOLLOW, LockMode);
        var error = file.Ok ? Sys.Flock(file.Value, Native.LOCK_EX).Error : file.Error;
        var leases = new LeaseDirectory(path, directory, file.Ok ? file.Value : -1);
        try
        {
            error.OrThrow($"lock the leases in {path}");
            leases.ReadAll();
            return leases;
        }
        catch
        {
            leases.Dispose();
            throw;
        }
    }

    public IPAddress? Last(int set) =>
        ProcFiles.ReadWhole(_directory, ZeroTerminated.Of(LastPrefix + set), MaxLength, out var bytes) == Errno.OK
        && IpText.TryParse(Encoding.UTF8.GetString(bytes).Trim(), out var address) ? address : null;

    /// <summary>The lease appears whole: it is written under another name. What remembers the owner comes first, so that there is no lease of ours without it.</summary>
    public void Write(IPAddress address, LeaseOwner owner, string bootId)
    {
        var name = LeaseName.Of(address);
        var text = Lease.TextOf(owner.ContainerId, owner.IfName);
        var witness = ZeroTerminated.Of(LeaseWitness.Prefix + name);
        Sys.UnlinkAt(_directory, witness, 0);
        Sys.SymlinkAt(ZeroTerminated.Of(new LeaseWitness(bootId, text, owner.NetNs ?? "").Text), _directory, witness).OrThrow($"note whose {name} in {_path} is");
        WriteFile(NewFile, text);
        // Nobody else writes here: we hold the lock, and no file of this name has an owner.
        Sys.RenameAt(_directory, ZeroTerminated.Of(NewFile), _directory, ZeroTerminated.Of(name)).OrThrow($"lease {name} in {_path}");
        Leases.Add(new Lease(name, address, text));
    }

    public void WriteLast(int set, IPAddress address) => WriteFile(LastPrefix + set, LeaseName.Of(address));

    /// <summary>The first error, after all was tried.</summary>
    public Errno Remove(Lease lease)
    {
        var error = Sys.UnlinkAt(_directory, ZeroTerminated.Of(lease.Name), 0);
        Sys.UnlinkAt(_directory, ZeroTerminated.Of(LeaseWitness.Prefix + lease.Name), 0);
        _others.Remove(LeaseWitness.Prefix + lease.Name);
        Leases.Remove(lease);
        return NetCheck.LeaseMayBeGone.Fails(error == Errno.ENOENT) ? Errno.OK : error;
    }

    public void RemoveOrThrow(Predicate<Lease> which)
    {
        var first = Errno.OK;
        foreach (var lease in Leases.FindAll(which))
        {
            var error = Remove(lease);
            first = first == Errno.OK ? error : first;
        }
        first.OrThrow($"give an address back in {_path}");
    }

    /// <summary>The owner is known to be dead. A lease that another program has written since is not its.</summary>
    public bool IsDead(Lease lease, string bootId)
    {
        Span<byte> target = stackalloc byte[MaxLength];
        var read = Sys.ReadLinkAt(_directory, ZeroTerminated.Of(LeaseWitness.Prefix + lease.Name), target);
        return read.Ok && LeaseWitness.Parse(Encoding.UTF8.GetString(target[..read.Value])) is { } witness
            && NetCheck.WitnessIsOfTheLease.Passes(witness.Owner == lease.Owner) && witness.IsDead(bootId);
    }

    /// <summary>What stands beside leases that are gone (host-local has removed them), and what was begun.</summary>
    public void RemoveStrays()
    {
        foreach (var name in _others)
        {
            if (NetCheck.StrayHasNoLease.Passes(!Leases.Exists(lease => LeaseWitness.Prefix + lease.Name == name)))
            {
                Sys.UnlinkAt(_directory, ZeroTerminated.Of(name), 0);
            }
        }
    }

    public void Dispose()
    {
        // Closing it lets go of the lock.
        if (_lock >= 0)
        {
            Sys.Close(_lock);
        }
        Sys.Close(_directory);
    }

    private void ReadAll()
    {
        foreach (var name in Names())
        {
            if (!IpText.TryParse(name, out var address))
            {
                if (NetCheck.StrayIsOurs.Passes(name.StartsWith(LeaseWitness.Prefix, StringComparison.Ordinal)))
                {
                    _others.Add(name);
                }
                continue;
            }
            var error = ProcFiles.ReadWhole(_directory, ZeroTerminated.Of(name), MaxLength, out var bytes);
            // What is no lease, but has its name, keeps the address from being leased.
            var owner = error == Errno.OK ? Encoding.UTF8.GetString(bytes).Trim() : NetCheck.StrangeLeaseIsTaken.Fails(error != Errno.ENOENT) ? "?" : "";
            Leases.Add(new Lease(name, address, owner));
        }
    }

    private List<string> Names()
    {
        var names = new List<string>();
        Sys.Seek(_directory, 0, Native.SEEK_SET);
        Span<byte> buffer = stackalloc byte[16 << 10];
        while (Sys.GetDents(_directory, buffer).OrThrow($"list the leases in {_path}") is > 0 and var length)
        {
            foreach (var name in new DirectoryRecords(buffer[..length]))
            {
                names.Add(Encoding.UTF8.GetString(name));
            }
        }
        return names;
    }

    private void WriteFile(string name, string text)
    {
        var fd = Sys.Open(_directory, ZeroTerminated.Of(name), Native.O_WRONLY | Native.O_CREAT | Native.O_TRUNC | Native.O_NOFOLLOW, FileMode)
            .OrThrow($"make {name} in {_path}");
        var error = Sys.WriteAll(fd, Encoding.UTF8.GetBytes(text));
        Sys.Close(fd);
        error.OrThrow($"write {name} in {_path}");
    }
}
