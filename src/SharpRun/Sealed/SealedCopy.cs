using System;
using SharpRun.Linux;

namespace SharpRun.Sealed;

/// <summary>The second way: the program is copied into memory that is sealed against every change, and executed from there, once.</summary>
static class SealedCopy
{
    private const int AllSeals = Native.F_SEAL_SEAL | Native.F_SEAL_SHRINK | Native.F_SEAL_GROW | Native.F_SEAL_WRITE;

    // The kernel's limit for the strings of one execve is three quarters of the stack's, 6 MB.
    private const int MostStrings = 8 << 20;

    /// <summary>Whether this process runs from such a copy; by the kernel's word, since a caller could set any variable.</summary>
    public static bool IsRunning()
    {
        var own = Sys.Open(Native.AT_FDCWD, "/proc/self/exe"u8, Native.O_RDONLY);
        if (!own.Ok)
        {
            return false;
        }
        var sealedWholly = HasAllSeals(own.Value);
        Sys.Close(own.Value);
        if (sealedWholly)
        {
            // The kernel has named the process after the descriptor's number.
            Sys.SetProcessName("sharprun"u8);
        }
        return sealedWholly;
    }

    /// <summary>Comes back only with the act that was refused.</summary>
    public static Refusal Execute()
    {
        var refusal = Copy(out var copy);
        return refusal ?? ExecuteFile(copy);
    }

    private static bool HasAllSeals(int file)
    {
        var seals = Sys.Fcntl(file, Native.F_GET_SEALS, 0);
        return seals.Ok && (seals.Value & AllSeals) == AllSeals;
    }

    private static Refusal? Copy(out int copy)
    {
        copy = -1;
        var own = Sys.Open(Native.AT_FDCWD, "/proc/self/exe"u8, Native.O_RDONLY);
        if (!own.Ok)
        {
            return new Refusal("open /proc/self/exe", own.Error);
        }
        var made = Create();
        var refusal = made.Ok ? Fill(made.Value, own.Value) : new Refusal("memfd_create", made.Error);
        Sys.Close(own.Value);
        copy = made.Ok ? made.Value : -1;
        return refusal;
    }

    private static Result Create()
    {
        const uint flags = Native.MFD_CLOEXEC | Native.MFD_ALLOW_SEALING;
        // 6.3 and later: without the flag the sysctl vm.memfd_noexec decides. Before, the flag is unknown and every memfd is executable.
        var made = Sys.MemfdCreate("sharprun"u8, flags | Native.MFD_EXEC);
        return made.Error == Errno.EINVAL ? Sys.MemfdCreate("sharprun"u8, flags) : made;
    }

    private static Refusal? Fill(int copy, int own)
    {
        Result sent;
        do
        {
            sent = Sys.SendFile(copy, own, int.MaxValue & ~4095);
            if (!sent.Ok)
            {
                return new Refusal("copy the program", sent.Error);
            }
        }
        while (sent.Value > 0);
        var error = Sys.Fcntl(copy, Native.F_ADD_SEALS, AllSeals).Error;
        return error != Errno.OK ? new Refusal("seal the copy", error)
            : HasAllSeals(copy) ? null
            : new Refusal("the copy is not sealed", Errno.OK);
    }

    // From the kernel's own record: bytes that are no UTF-8 stay what they are.
    private static Refusal ExecuteFile(int copy)
    {
        var error = ProcFiles.ReadWhole(Native.AT_FDCWD, "/proc/self/cmdline"u8, MostStrings, out var arguments);
        if (error != Errno.OK)
        {
            return new Refusal("read /proc/self/cmdline", error);
        }
        error = ProcFiles.ReadWhole(Native.AT_FDCWD, "/proc/self/environ"u8, MostStrings, out var environment);
        if (error != Errno.OK)
        {
            return new Refusal("read /proc/self/environ", error);
        }
        Span<byte> path = stackalloc byte[32];
        "/proc/self/fd/"u8.CopyTo(path);
        copy.TryFormat(path[14..], out var digits);
        path[14 + digits] = 0;
        return new Refusal("execute the copy", Vector(arguments, all: true).Execute(path[..(15 + digits)], Vector(environment, all: false)));
    }

    /// <summary>Zero-terminated strings as a vector; without those of the .NET runtime unless all are asked for.</summary>
    private static StringVector Vector(ReadOnlySpan<byte> strings, bool all)
    {
        var vector = new StringVector(strings.Count((byte)0) + 1, strings.Length + 1);
        while (strings.Length > 0)
        {
            var end = strings.IndexOf((byte)0);
            var text = end < 0 ? strings : strings[..end];
            strings = end < 0 ? default : strings[(end + 1)..];
            // DOTNET_DbgEnableMiniDump and its kin change how a native program behaves; none is meant for us.
            if (all || !(text.StartsWith("DOTNET_"u8) || text.StartsWith("COMPlus_"u8)))
            {
                vector.TryAdd(text);
            }
        }
        return vector;
    }
}
