using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using SharpRun.Linux;

namespace SharpRun.LayerStore;

/// <summary>
/// What overlay joins, all by descriptor, so that no name in a path means anything: the lower directories (O_PATH, the lowest first; at least one), and
/// the writable ones (O_RDONLY), which must be of one file system.
/// </summary>
public sealed record OverlayParts(IReadOnlyList<int> Lowers, int Upper, int Work)
{
    /// <summary>What the mount table says as its source.</summary>
    public string Source { get; init; } = "overlay";

    /// <summary>fsync(2) in it need not wait for the disk: after a power cut it is thrown away (kernel 5.10).</summary>
    public bool IsVolatile { get; init; }
}

/// <summary>
/// overlay, mounted so that the upper directory alone says what has changed: no redirects, no copies without data, no index. From kernel 6.8 on each
/// layer is handed over by itself ("lowerdir+"), by descriptor from 6.13 on, so that the mount table shows its path. Older kernels take one page of
/// options: there the layers are named by nothing but the digits of their descriptors, which is enough for all that overlay joins.
/// </summary>
public static class OverlayMount
{
    /// <summary>OVL_MAX_STACK.</summary>
    public const int MostLowers = 500;

    // mount(2) takes a page with its final zero.
    private const int LongestOptions = 4095;

    /// <summary>In the caller's mount namespace, on a directory (O_PATH).</summary>
    public static Errno Attach(OverlayParts parts, int target)
    {
        var needsUserAttributes = NeedsUserAttributes(parts.Upper);
        var detached = Detached(parts, needsUserAttributes);
        if (detached.Error is Errno.EINVAL or Errno.EOPNOTSUPP or Errno.ENOSYS)
        {
            return AttachByOptions(parts, needsUserAttributes, target);
        }
        if (!detached.Ok)
        {
            return detached.Error;
        }
        var error = Sys.MoveMountOnto(detached.Value, target);
        Sys.Close(detached.Value);
        return error;
    }

    /// <summary>Whether one lower directory and these writable ones can be joined here; nothing is attached.</summary>
    public static Errno Try(int lower, int upper, int work)
    {
        var fs = Sys.FsOpen("overlay\0"u8);
        if (!fs.Ok)
        {
            return fs.Error;
        }
        var error = Set(fs.Value, "lowerdir\0"u8, PathOf(lower));
        error = error == Errno.OK ? SetWritable(fs.Value, new OverlayParts([lower], upper, work), NeedsUserAttributes(upper)) : error;
        error = error == Errno.OK ? Sys.FsConfigCreate(fs.Value) : error;
        Sys.Close(fs.Value);
        return error;
    }

    /// <summary>The option "lowerdir+" (kernel 6.8). Before 6.5 overlay takes any word at first, so that one is tried which nobody knows.</summary>
    public static bool TakesLowersOneByOne()
    {
        var fs = Sys.FsOpen("overlay\0"u8);
        if (!fs.Ok)
        {
            return false;
        }
        var isTaken = Set(fs.Value, "sharprun\0"u8, "/") != Errno.OK && Set(fs.Value, "lowerdir+\0"u8, "/") == Errno.OK;
        Sys.Close(fs.Value);
        return isTaken;
    }

    /// <summary>trusted.* is only for the host's root; anybody else's layers carry user.* (kernel 5.11). Removing what is not there asks without a trace.</summary>
    public static bool NeedsUserAttributes(int directory) => Sys.RemoveAttribute(directory, "trusted.sharprun\0"u8) == Errno.EPERM;

    /// <summary>The options beside the layers, as mount(8) spells them.</summary>
    public static IReadOnlyList<string> Options(bool needsUserAttributes) =>
        // With userxattr the kernel refuses any word about redirects and metacopy but these defaults of its own.
        needsUserAttributes ? ["userxattr", "index=off"] : ["redirect_dir=nofollow", "metacopy=off", "index=off"];

    private static Result Detached(OverlayParts parts, bool needsUserAttributes)
    {
        var fs = Sys.FsOpen("overlay\0"u8);
        if (!fs.Ok)
        {
            return fs;
        }
        var error = Set(fs.Value, "source\0"u8, parts.Source);
        for (var i = parts.Lowers.Count - 1; i >= 0 && error == Errno.OK; i--)
        {
            error = AddLower(fs.Value, parts.Lowers[i]);
        }
        error = error == Errno.OK ? SetWritable(fs.Value, parts, needsUserAttributes) : error;
        error = error == Errno.OK ? Sys.FsConfigCreate(fs.Value) : error;
        var mount = error == Errno.OK ? Sys.FsMount(fs.Value, 0) : Result.Failed(error);
        Sys.Close(fs.Value);
        return mount;
    }

    private static Errno AddLower(int fs, int lower)
    {
        var error = Sys.FsConfigFd(fs, "lowerdir+\0"u8, lower);
        // EOPNOTSUPP: overlay knows nothing of fsconfig(2) before 6.5, and this is the earliest answer that says so. EBADF: no O_PATH was taken.
        return error is Errno.EINVAL or Errno.EBADF ? Set(fs, "lowerdir+\0"u8, PathOf(lower)) : error;
    }

    private static Errno SetWritable(int fs, OverlayParts parts, bool needsUserAttributes)
    {
        var error = SetDirectory(fs, "upperdir\0"u8, parts.Upper);
        error = error == Errno.OK ? SetDirectory(fs, "workdir\0"u8, parts.Work) : error;
        foreach (var option in Options(needsUserAttributes))
        {
            var equals = option.IndexOf('=', StringComparison.Ordinal);
            error = error != Errno.OK ? error : equals < 0
                ? Sys.FsConfigFlag(fs, ZeroTerminated.Of(option))
                : Set(fs, ZeroTerminated.Of(option[..equals]), option[(equals + 1)..]);
        }
        return error == Errno.OK && parts.IsVolatile ? Sys.FsConfigFlag(fs, "volatile\0"u8) : error;
    }

    private static Errno SetDirectory(int fs, ReadOnlySpan<byte> key, int directory)
    {
        var error = Sys.FsConfigFd(fs, key, directory);
        return error is Errno.EINVAL or Errno.EBADF or Errno.EOPNOTSUPP ? Set(fs, key, PathOf(directory)) : error;
    }

    private static Errno Set(int fs, ReadOnlySpan<byte> key, string value) => Sys.FsConfigString(fs, key, ZeroTerminated.Of(value));

    private static string PathOf(int descriptor) => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor}");

    private static Errno AttachByOptions(OverlayParts parts, bool needsUserAttributes, int target)
    {
        var options = new StringBuilder("lowerdir=");
        for (var i = parts.Lowers.Count - 1; i >= 0; i--)
        {
            options.Append(CultureInfo.InvariantCulture, $"{parts.Lowers[i]}{(i > 0 ? ":" : "")}");
        }
        options.Append(CultureInfo.InvariantCulture, $",upperdir={parts.Upper},workdir={parts.Work},{string.Join(',', Options(needsUserAttributes))}");
        options.Append(parts.IsVolatile ? ",volatile" : "");
        if (options.Length > LongestOptions)
        {
            return Errno.E2BIG;
        }
        // A word of the options that is relative begins in the working directory.
        var here = Sys.Open(Native.AT_FDCWD, ".\0"u8, Native.O_PATH | Native.O_DIRECTORY);
        var error = here.Ok ? Sys.Chdir("/proc/self/fd\0"u8) : here.Error;
        if (error != Errno.OK)
        {
            return error;
        }
        error = Sys.Mount(ZeroTerminated.Of(parts.Source), ZeroTerminated.Of(PathOf(target)), "overlay\0"u8, 0, ZeroTerminated.Of(options.ToString()));
        Sys.Fchdir(here.Value).OrThrow("return to the working directory");
        Sys.Close(here.Value);
        return error;
    }
}
