using System;
using System.Net;
using System.Text;
using SharpRun.Linux;

namespace SharpRun.Net.Leases;

/// <summary>A lease's file: the address is its name, the owner its text. A file without a text is the beginning of a lease whose writer was killed.</summary>
sealed record Lease(string Name, IPAddress Address, string Owner)
{
    /// <summary>Nobody's: whoever holds the lock and sees it empty knows that its writer is dead.</summary>
    public bool IsEmpty => Owner.Length == 0;

    /// <summary>As host-local writes it; versions before 0.7 wrote the container's id alone.</summary>
    public bool IsOf(string containerId, string ifName) => Owner == TextOf(containerId, ifName) || Owner == containerId;

    public static string TextOf(string containerId, string ifName) => $"{containerId.Trim()}\r\n{ifName}";
}

/// <summary>What we know of the owner beside the lease, for the day on which the range is full: the boot and the network namespace. It is the target of a
/// symbolic link `.sharprun-ADDRESS`: one system call to write, whole or not there, and host-local, which looks for its own texts in all files of the
/// directory, cannot open it and goes on.</summary>
sealed record LeaseWitness(string BootId, string Owner, string NetNs)
{
    public const string Prefix = ".sharprun-";

    // NSFS_MAGIC, PROC_SUPER_MAGIC of linux/magic.h; before Linux 3.19 namespaces were files of proc.
    private const long NamespaceMagic = 0x6e736673, ProcMagic = 0x9fa0;

    // A symbolic link cannot hold the newline of an owner's text well; the ids have neither.
    public string Text => $"{BootId}|{Owner.Replace("\r\n", "|", StringComparison.Ordinal)}|{NetNs}";

    /// <summary>Null: not one of ours.</summary>
    public static LeaseWitness? Parse(string text) =>
        text.Split('|', 4) is [var boot, var id, var ifName, var netNs] ? new LeaseWitness(boot, Lease.TextOf(id, ifName), netNs) : null;

    /// <summary>The owner lived before the machine was last started, or its network namespace is gone. In doubt it lives.</summary>
    public bool IsDead(string bootId) =>
        (NetCheck.BootIsKnown.Passes(bootId.Length > 0) && BootId != bootId) || (NetCheck.NamespaceIsKnown.Passes(NetNs.Length > 0) && IsGone(NetNs));

    private static bool IsGone(string path)
    {
        var opened = Sys.Open(Native.AT_FDCWD, ZeroTerminated.Of(path), Native.O_RDONLY | Native.O_NONBLOCK | Native.O_NOCTTY);
        if (!opened.Ok)
        {
            return NetCheck.DoubtfulNamespaceLives.Passes(opened.Error is Errno.ENOENT or Errno.ENOTDIR);
        }
        var error = Sys.StatFs(opened.Value, out var magic);
        Sys.Close(opened.Value);
        // A file on which nothing is mounted any more.
        return error == Errno.OK && NetCheck.LivingNamespaceIsNotGone.Passes(magic is not (NamespaceMagic or ProcMagic));
    }

    public static string ReadBootId() =>
        ProcFiles.ReadWhole(Native.AT_FDCWD, "/proc/sys/kernel/random/boot_id\0"u8, 256, out var bytes) == Errno.OK
            ? Encoding.ASCII.GetString(bytes).Trim() : "";
}
