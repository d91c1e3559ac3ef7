using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Microsoft.Win32.SafeHandles;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Store;

/// <summary>What a running call needs before a name leads to it: the file .lease-RANDOM of the layout, a digest on each line, with an flock as long
/// as its owner lives. It grows under a shared lock of the layout, which gc holds exclusively from reading the leases to the last removal:
/// a blob that is there after <see cref="Add"/> stays.</summary>
sealed class Lease : IDisposable
{
    private const string Prefix = ".lease-";

    private readonly Folder _root;
    private readonly SafeFileHandle _file;
    private readonly string _name;
    private readonly HashSet<Digest> _held = [];

    private Lease(Folder root, SafeFileHandle file, string name) => (_root, _file, _name) = (root, file, name);

    public static Lease Take(Folder root)
    {
        using var held = root.Lock(Native.LOCK_SH);
        var name = Prefix + Guid.NewGuid().ToString("N");
        var file = root.MakeFile(name);
        Sys.Flock((int)file.DangerousGetHandle(), Native.LOCK_EX | Native.LOCK_NB).OrThrow($"lock {root.Of(name)}");
        return new Lease(root, file, name);
    }

    public void Add(Digest digest)
    {
        lock (_held)
        {
            if (!_held.Add(digest))
            {
                return;
            }
            using var held = _root.Lock(Native.LOCK_SH);
            Sys.WriteAll((int)_file.DangerousGetHandle(), Encoding.ASCII.GetBytes(digest.Text + "\n")).OrThrow($"write {_root.Of(_name)}");
        }
    }

    /// <summary>What running calls need; the leases of dead ones are removed. The caller holds the layout's lock exclusively: a new lease is
    /// without its own for a moment.</summary>
    public static List<Digest> ReadAll(Folder root)
    {
        var digests = new List<Digest>();
        foreach (var name in root.Names())
        {
            if (!name.StartsWith(Prefix, StringComparison.Ordinal))
            {
                continue;
            }
            if (Read(root, name) is { } held)
            {
                digests.AddRange(held);
            }
            else
            {
                root.Remove(name);
            }
        }
        return digests;
    }

    /// <summary>Null: its owner is dead, and it is nothing but a file.</summary>
    private static List<Digest>? Read(Folder root, string name)
    {
        using var file = root.TryOpenFile(name, out _);
        if (file is null || ImageCheck.LeaseIsHeld.Fails(Sys.Flock((int)file.DangerousGetHandle(), Native.LOCK_EX | Native.LOCK_NB).Ok))
        {
            return null;
        }
        ProcFiles.ReadWhole((int)file.DangerousGetHandle(), StoreLimits.Lease, out var bytes).OrThrow($"read {root.Of(name)}");
        var digests = new List<Digest>();
        foreach (var line in Encoding.ASCII.GetString(bytes).Split('\n'))
        {
            if (Digest.TryParse(line, out var digest))
            {
                digests.Add(digest);
            }
        }
        return digests;
    }

    public void Dispose()
    {
        _root.Remove(_name);
        _file.Dispose();
    }
}
