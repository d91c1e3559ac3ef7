using System;
using System.Runtime.CompilerServices;
using SharpRun.Linux;

namespace SharpRun.Sealed;

/// <summary>
/// Our program seen through an overlay that has only lower layers: the kernel gives such a file system no way to become writable, and this one
/// is attached nowhere, so that nothing but the file opened in it remains of it. Nothing is copied, and the host's mount table does not change.
/// </summary>
static class SealedOverlay
{
    // An overlay without an upper directory wants two lower ones (one: EINVAL). The second is never looked into, since the program is found in the
    // first. It must be an attached directory (a detached tmpfs is refused before 6.15) outside the program's own (ELOOP): sysfs always is.
    private static ReadOnlySpan<byte> SecondLower => ":/sys/class\0"u8;

    /// <summary>Opens the program for reading through such an overlay.</summary>
    [SkipLocalsInit]
    public static Refusal? Open(out int file)
    {
        file = -1;
        Span<byte> program = stackalloc byte[4096];
        var length = Sys.ReadLinkAt(Native.AT_FDCWD, "/proc/self/exe"u8, program[..^1]);
        if (!length.Ok)
        {
            return new Refusal("readlink /proc/self/exe", length.Error);
        }
        program[length.Value] = 0;
        program = program[..(length.Value + 1)];
        var name = program.LastIndexOf((byte)'/') + 1;
        // "/memfd:sharprun (deleted)" is no path: this is the sealed copy already.
        if (name == 0 || program.StartsWith("/memfd:"u8))
        {
            return new Refusal("the program has no path", Errno.OK);
        }
        var refusal = Mount(program[..name], out var mount);
        if (refusal is not null)
        {
            return refusal;
        }
        var opened = Sys.Open(mount, program[name..], Native.O_RDONLY | Native.O_NOFOLLOW);
        Sys.Close(mount);
        if (!opened.Ok)
        {
            // 5.10 mounts an overlay of a file system that cannot be a lower layer, and then shows nothing of it.
            return new Refusal("open the program in the overlay", opened.Error);
        }
        if (!IsOurs(opened.Value))
        {
            Sys.Close(opened.Value);
            return new Refusal("the overlay shows another file", Errno.OK);
        }
        file = opened.Value;
        return null;
    }

    /// <summary>The directory's path ends in a slash.</summary>
    private static Refusal? Mount(ReadOnlySpan<byte> path, out int mount)
    {
        mount = -1;
        Span<byte> text = stackalloc byte[path.Length + 1];
        path.CopyTo(text);
        text[^1] = 0;
        var directory = Sys.Open(Native.AT_FDCWD, text, Native.O_PATH | Native.O_DIRECTORY);
        if (!directory.Ok)
        {
            return new Refusal("open the program's directory", directory.Error);
        }
        var fs = Sys.FsOpen("overlay"u8);
        var refusal = fs.Ok ? Configure(fs.Value, directory.Value, out mount) : new Refusal("fsopen overlay", fs.Error);
        if (fs.Ok)
        {
            Sys.Close(fs.Value);
        }
        Sys.Close(directory.Value);
        return refusal;
    }

    private static Refusal? Configure(int fs, int directory, out int mount)
    {
        mount = -1;
        // By number: a colon, comma or backslash in a path would have to be escaped, differently on each side of 6.5, and 255 bytes are the limit.
        Span<byte> lower = stackalloc byte[64];
        "/proc/self/fd/"u8.CopyTo(lower);
        directory.TryFormat(lower[14..], out var digits);
        SecondLower.CopyTo(lower[(14 + digits)..]);
        var error = Sys.FsConfigString(fs, "lowerdir"u8, lower[..(14 + digits + SecondLower.Length)]);
        if (error == Errno.OK)
        {
            error = Sys.FsConfigCreate(fs);
        }
        if (error != Errno.OK)
        {
            return new Refusal("mount an overlay of the program's directory", error);
        }
        var mounted = Sys.FsMount(fs, 0);
        mount = mounted.Ok ? mounted.Value : -1;
        return mounted.Ok ? null : new Refusal("fsmount", mounted.Error);
    }

    // While we run, our inode's number cannot go to another file of its file system. The high half may hold the overlay's own bits (xino).
    private static bool IsOurs(int file) =>
        Sys.Stat(Native.AT_FDCWD, "/proc/self/exe"u8, 0, out var own) == Errno.OK
        && Sys.Stat(file, ""u8, Native.AT_EMPTY_PATH, out var seen) == Errno.OK
        && (uint)own.Ino == (uint)seen.Ino && own.Size == seen.Size && own.Mode == seen.Mode && own.Uid == seen.Uid && own.Gid == seen.Gid;

    /// <summary>
    /// Compares the program's first kilobyte in memory and in the file: ELF and program headers, and the linker's build id, which is a hash of
    /// the whole program. Another file system mounted over the directory meanwhile could have the same numbers by chance.
    /// </summary>
    public static bool HasHeaderOf(int file, in Mapping first)
    {
        Span<byte> header = stackalloc byte[1024];
        var read = Sys.PRead(file, header, 0);
        return read.Ok && read.Value == header.Length && header.SequenceEqual(Sys.OwnMemory(first.Start, header.Length));
    }
}
