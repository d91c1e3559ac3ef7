using System;
using SharpRun.Net.Kernel;

namespace SharpRun.Net.Links;

/// <summary>An open network namespace.</summary>
sealed class NetNs : IDisposable
{
    private NetNs(string path, int fd) => (Path, Fd) = (path, fd);

    public string Path { get; }

    public int Fd { get; }

    /// <summary>Names the namespace as long as it lives: of nsfs.</summary>
    public (uint Major, uint Minor, ulong Inode) Identity { get; private init; }

    /// <summary>It is the one that this program runs in.</summary>
    public bool IsSameAsOwn => throw new NotImplementedException();

    /// <summary>Throws CniError (UnknownContainer) where nothing is, and (InvalidNetNs) what is no network namespace.</summary>
    public static NetNs Open(string path) => throw new NotImplementedException();

    /// <summary>Null where nothing is, or no network namespace (any more): the file of `ip netns` stays when the mount has gone with a reboot.</summary>
    public static NetNs? OpenIfThere(string path) => throw new NotImplementedException();

    /// <summary>Runs an act with this thread in the namespace, and comes back.</summary>
    public void Enter(Action act) => throw new NotImplementedException();

    /// <summary>A netlink socket opened in there; it stays in there.</summary>
    public NetlinkSocket OpenSocket(int protocol) => throw new NotImplementedException();

    /// <summary>Makes /run/netns/NAME as `ip netns add` does; the path. EEXIST when it is there.</summary>
    public static string Make(string name) => throw new NotImplementedException();

    /// <summary>Undoes Make; nothing there is no error.</summary>
    public static void Remove(string name) => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}
