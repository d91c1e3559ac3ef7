using System;
using System.Runtime.InteropServices;

namespace SharpRun.Linux;

public static partial class Native
{
    // linux/auxvec.h
    public const int AT_PAGESZ = 6, AT_ENTRY = 9;
    // sys/mman.h
    public const int MAP_POPULATE = 0x8000;
}

/// <summary>Acts on the memory of the running program itself.</summary>
public static unsafe partial class Sys
{
    /// <summary>getauxval(3): what the kernel told this program at its start; no system call.</summary>
    [DllImport("libc", EntryPoint = "getauxval")]
    public static extern nuint AuxiliaryValue(nuint type);

    /// <summary>Readable memory of this program as a span.</summary>
    public static ReadOnlySpan<byte> OwnMemory(nuint start, int length) => new((void*)start, length);

    /// <summary>Puts the file's pages in place of what is mapped there. The code that runs may lie there itself: one call, so never a gap.</summary>
    public static Errno ReplaceByFile(nuint start, nuint length, int protection, int fd, long offset) =>
        Outcome(Map(start, length, protection, Native.MAP_FIXED | Native.MAP_PRIVATE, fd, offset));

    /// <summary>
    /// Puts an anonymous copy, the same to the last byte, in place of what is mapped there. What another thread, or this one, writes between
    /// the copying and the mremap is lost. So the runtime's other thread must sleep, and the loop is written out here: it allocates nothing,
    /// writes no static, and calls nothing that does.
    /// </summary>
    public static Errno ReplaceByCopy(nuint start, nuint length, int protection)
    {
        const int writable = Native.PROT_READ | Native.PROT_WRITE;
        var room = Map(0, length, writable, Native.MAP_PRIVATE | Native.MAP_ANONYMOUS | Native.MAP_POPULATE, -1, 0);
        if (room == -1)
        {
            return Outcome(room);
        }
        var from = (ulong*)start;
        var to = (ulong*)room;
        var words = length / sizeof(ulong);
        for (nuint i = 0; i < words; i++)
        {
            to[i] = from[i];
        }
        var done = protection == writable ? 0 : Protect(room, length, protection);
        if (done == 0)
        {
            done = Remap(room, length, length, Native.MREMAP_MAYMOVE | Native.MREMAP_FIXED, start);
        }
        if (done != -1)
        {
            return Errno.OK;
        }
        var error = Outcome(done);
        _ = Unmap(room, length);
        return error;
    }

    /// <summary>Returns when every other thread of this process is asleep: in native code, and holding no lock.</summary>
    public static void AwaitQuiet() => WaitForQuiet();

    /// <summary>
    /// Makes /proc/self/exe name this file; EBUSY while a mapping of the former one is left. By PR_SET_MM_EXE_FILE, which asks for CAP_SYS_RESOURCE
    /// on the host; without it by PR_SET_MM_MAP, for which CAP_SYS_ADMIN in the user namespace is enough.
    /// </summary>
    public static Errno SetOwnExe(int fd)
    {
        var error = Prctl(Native.PR_SET_MM, Native.PR_SET_MM_EXE_FILE, (nuint)fd).Error;
        return error == Errno.EPERM ? SetOwnExeByMap(fd) : error;
    }

    private static Errno SetOwnExeByMap(int fd)
    {
        Span<byte> text = stackalloc byte[1024];
        var length = ProcFiles.Read("/proc/self/stat"u8, text);
        if (length <= 0)
        {
            return Errno.ENOENT;
        }
        // The other values stay what they are; proc(5) counts the fields from 1, and the third follows the command's name.
        Span<ulong> fields = stackalloc ulong[52];
        fields.Clear();
        ReadNumbers(text[(text[..length].LastIndexOf((byte)')') + 2)..length], fields[3..]);
        var map = new PrctlMmMap
        {
            StartCode = fields[26],
            EndCode = fields[27],
            StartData = fields[45],
            EndData = fields[46],
            StartBreak = fields[47],
            Break = (ulong)DataBreak(0),
            StartStack = fields[28],
            ArgStart = fields[48],
            ArgEnd = fields[49],
            EnvStart = fields[50],
            EnvEnd = fields[51],
            ExeFd = (uint)fd,
        };
        return Prctl(Native.PR_SET_MM, Native.PR_SET_MM_MAP, (nuint)(&map), (nuint)sizeof(PrctlMmMap)).Error;
    }

    // Fields that are no unsigned number (the state, -1) come out wrong and are not asked for.
    private static void ReadNumbers(ReadOnlySpan<byte> text, Span<ulong> numbers)
    {
        var field = 0;
        foreach (var letter in text)
        {
            if (letter == ' ' && ++field == numbers.Length)
            {
                return;
            }
            if (letter is >= (byte)'0' and <= (byte)'9')
            {
                numbers[field] = numbers[field] * 10 + (ulong)(letter - '0');
            }
        }
    }

    /// <summary>What ps shows; at most 15 bytes.</summary>
    public static void SetProcessName(ReadOnlySpan<byte> name)
    {
        fixed (byte* text = Text(name))
        {
            _ = Prctl(Native.PR_SET_NAME, (nuint)text);
        }
    }

    /// <summary>sendfile(2) from the file's own offset; the number of bytes, 0 at its end.</summary>
    public static Result SendFile(int to, int from, int count) => ResultOf(SendFile(to, from, null, (nuint)count));

    private static Errno Outcome(nint value) => value == -1 ? (Errno)Marshal.GetLastSystemError() : Errno.OK;

    // Called while the program's own data is being replaced: without the runtime's bookkeeping around a call.
    [DllImport("libc", EntryPoint = "mmap"), SuppressGCTransition]
    private static extern nint Map(nuint address, nuint length, int protection, int flags, int fd, long offset);

    [DllImport("libc", EntryPoint = "mprotect"), SuppressGCTransition]
    private static extern nint Protect(nint address, nuint length, int protection);

    [DllImport("libc", EntryPoint = "mremap"), SuppressGCTransition]
    private static extern nint Remap(nint address, nuint oldLength, nuint newLength, int flags, nuint newAddress);

    [DllImport("libc", EntryPoint = "sbrk")]
    private static extern nint DataBreak(nint increment);

    [LibraryImport("libc", EntryPoint = "sendfile", SetLastError = true)]
    private static partial nint SendFile(int to, int from, long* offset, nuint count);

    /// <summary>struct prctl_mm_map of linux/prctl.h (3.18).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PrctlMmMap
    {
        public ulong StartCode, EndCode, StartData, EndData, StartBreak, Break, StartStack, ArgStart, ArgEnd, EnvStart, EnvEnd, Auxv;
        public uint AuxvSize, ExeFd;
    }
}
