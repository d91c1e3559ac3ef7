using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]
// Buffers for the kernel to fill need no zeros.
[module: SkipLocalsInit]

namespace SharpRun.Linux;

public static unsafe partial class Sys
{
    /// <summary>The errno of the last call that failed.</summary>
    public static Errno LastError => (Errno)Marshal.GetLastPInvokeError();

    // The one own import: every system call that Tmds.LibC lacks goes through it, and those that glibc does more than call.
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint RawCall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    private static Result Call(int number, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0, nint f = 0)
    {
        var result = RawCall(number, a, b, c, d, e, f);
        return result >= 0 ? Result.Of(result) : Result.Failed(LastError);
    }

    private static Result ResultOf(int value) => ResultOf((nint)value);

    private static Result ResultOf(nint value) => value >= 0 ? Result.Of(value) : Result.Failed(LastError);

    private static Result ResultOf(Tmds.Linux.ssize_t value) => ResultOf((nint)(long)value);

    private static Errno ErrorOf(int value) => value >= 0 ? Errno.OK : LastError;

    // `fixed` makes a null pointer of an empty span, and the kernel wants a pointer to an empty string with AT_EMPTY_PATH.
    private static System.ReadOnlySpan<byte> Text(System.ReadOnlySpan<byte> text) => text.IsEmpty ? "\0"u8 : text;
}
