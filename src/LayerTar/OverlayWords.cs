using System;
using SharpRun.Linux;

namespace SharpRun.LayerTar;

/// <summary>
/// How overlay's own words are spelled on the disk (kernel, Documentation/filesystems/overlayfs.rst). Only the host's root may write trusted.*; anybody
/// else writes user.*, which counts in mounts with the option userxattr (kernel 5.11). A store is written by one user, so all layers of a chain agree.
/// </summary>
public sealed class OverlayWords
{
    private static readonly OverlayWords s_root = new(areUsers: false), s_users = new(areUsers: true);

    private readonly byte[] _opaque;

    private OverlayWords(bool areUsers)
    {
        AreUsers = areUsers;
        _opaque = [.. areUsers ? "user.overlay.opaque\0"u8 : "trusted.overlay.opaque\0"u8];
    }

    /// <summary>The layers have to be mounted with userxattr.</summary>
    public bool AreUsers { get; }

    /// <summary>Those that the caller may write in this directory, which is new and open.</summary>
    public static OverlayWords Of(int directory)
    {
        var trusted = new OverlayWords(areUsers: false);
        var error = trusted.SetOpaque(directory);
        if (error == Errno.OK)
        {
            Sys.RemoveAttribute(directory, trusted._opaque).OrThrow("remove an attribute of a layer");
            return trusted;
        }
        var users = new OverlayWords(areUsers: true);
        var own = users.SetOpaque(directory);
        if (own != Errno.OK)
        {
            // The kernel's word for trusted.* is the better one when neither is possible: tmpfs has user.* from kernel 6.6 on only.
            own.Throw($"write overlay's attributes (trusted.*: {error.Sentence()}; user.*)");
        }
        Sys.RemoveAttribute(directory, users._opaque).OrThrow("remove an attribute of a layer");
        return users;
    }

    /// <summary>Nothing from lower layers shows through the open directory.</summary>
    public Errno SetOpaque(int directory) => Sys.SetAttribute(directory, _opaque, "y"u8);

    /// <summary>The same, of a name in a directory whose descriptor may be O_PATH.</summary>
    public Errno SetOpaqueAt(int parent, ReadOnlySpan<byte> name) => Sys.SetAttributeAt(parent, name, _opaque, "y"u8);

    /// <summary>Of a directory by any descriptor of it.</summary>
    public bool IsOpaque(int directory)
    {
        Span<byte> value = stackalloc byte[1];
        return Sys.GetAttributeAt(directory, ".\0"u8, _opaque, value) is { Ok: true, Value: 1 } && value[0] == (byte)'y';
    }

    /// <summary>By the words of either, of a tree that may be anybody's.</summary>
    public static bool IsOpaqueForAnybody(int directory) => s_root.IsOpaque(directory) || s_users.IsOpaque(directory);

    /// <summary>Overlay's whiteout: a character device of no driver. Unprivileged users may make it from kernel 5.8 on.</summary>
    public static bool IsWhiteout(in FileStatus status) => status is { IsCharDevice: true, RdevMajor: 0, RdevMinor: 0 };
}
