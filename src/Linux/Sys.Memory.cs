using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace SharpRun.Linux;

public static unsafe partial class Sys
{
    /// <summary>Maps a file's first bytes for reading and writing, shared with every process that maps it; 0 when the kernel refuses.</summary>
    public static nint MapShared(int fd, nuint length)
    {
        var mapped = mmap(null, (size_t)(ulong)length, Native.PROT_READ | Native.PROT_WRITE, Native.MAP_SHARED, fd, 0);
        return mapped == (void*)-1 ? 0 : (nint)mapped;
    }

    public static Errno Unmap(nint start, nuint length) => ErrorOf(munmap((void*)start, (size_t)(ulong)length));
}
