using System;
using SharpRun.Cni;
using SharpRun.Linux;
using SharpRun.Net.Kernel;

namespace SharpRun.Net.Links;

/// <summary>An open network namespace.</summary>
sealed partial class NetNs : IDisposable
{
    private static readonly byte[] s_own = "/proc/self/ns/net\0"u8.ToArray();

    private readonly FileStatus _identity;

    private NetNs(string path, int fd, FileStatus identity) => (Path, Fd, _identity) = (path, fd, identity);

    public string Path { get; }

    public int Fd { get; }

    /// <summary>Names the namespace as long as it lives: device and inode in nsfs.</summary>
    public (uint Major, uint Minor, ulong Inode) Identity => (_identity.DevMajor, _identity.DevMinor, _identity.Ino);

    /// <summary>It is the one that this program runs in.</summary>
    public bool IsSameAsOwn
    {
        get
        {
            Sys.Stat(Native.AT_FDCWD, s_own, 0, out var own).OrThrow("look at the program's own network namespace");
            return own.IsSameFile(_identity);
        }
    }

    /// <summary>Throws a CniError: UnknownContainer where nothing is, InvalidNetNs for what is no network namespace.</summary>
    public static NetNs Open(string path)
    {
        var opened = Sys.Open(Native.AT_FDCWD, ZeroTerminated.Of(path), Native.O_RDONLY | Native.O_NONBLOCK | Native.O_NOCTTY);
        if (!opened.Ok)
        {
            var code = opened.Error is Errno.ENOENT or Errno.ENOTDIR or Errno.ESRCH ? CniCode.UnknownContainer : CniCode.InvalidNetNs;
            throw new CniError(code, $"open the network namespace {path}: {opened.Error.Sentence()}");
        }
        var netNs = OfOpen(path, opened.Value);
        return netNs ?? throw new CniError(CniCode.InvalidNetNs, $"{path} is not a network namespace");
    }

    /// <summary>Null where nothing is, or no network namespace any more: the file below /run/netns stays when its mount has gone.</summary>
    public static NetNs? OpenIfThere(string path)
    {
        var opened = path.Length == 0
            ? Result.Failed(Errno.ENOENT)
            : Sys.Open(Native.AT_FDCWD, ZeroTerminated.Of(path), Native.O_RDONLY | Native.O_NONBLOCK | Native.O_NOCTTY);
        // ENXIO: a socket. Whatever it is, it is no namespace.
        if (opened.Error is Errno.ENOENT or Errno.ENOTDIR or Errno.ESRCH or Errno.ENXIO)
        {
            return null;
        }
        return OfOpen(path, opened.OrThrow($"open the network namespace {path}"));
    }

    /// <summary>Runs an act with this thread in the namespace, and comes back.</summary>
    public void Enter(Action act)
    {
        var own = Sys.Open(Native.AT_FDCWD, s_own, Native.O_RDONLY).OrThrow("open the program's own network namespace");
        try
        {
            Sys.SetNs(Fd, Native.CLONE_NEWNET).OrThrow($"enter the network namespace {Path}");
            try
            {
                act();
            }
            finally
            {
                // Whatever would follow would act on the wrong machine.
                Sys.SetNs(own, Native.CLONE_NEWNET).OrThrow("come back to the program's own network namespace");
            }
        }
        finally
        {
            Sys.Close(own);
        }
    }

    /// <summary>A socket opened in there; it stays in there.</summary>
    public NetlinkSocket OpenSocket(int protocol)
    {
        NetlinkSocket? socket = null;
        Enter(() => socket = NetlinkSocket.Open(protocol));
        return socket!;
    }

    public void Dispose() => Sys.Close(Fd);

    private static NetNs? OfOpen(string path, int fd)
    {
        var type = Sys.Ioctl(fd, Native.NS_GET_NSTYPE);
        if (NetCheck.NamespaceIsOfNetworks.Passes(type.Ok && type.Value == Native.CLONE_NEWNET) && Sys.Stat(fd, default, Native.AT_EMPTY_PATH, out var status) == Errno.OK)
        {
            return new NetNs(path, fd, status);
        }
        Sys.Close(fd);
        return null;
    }
}
