using System;

namespace SharpRun.Linux;

/// <summary>Memory that a process and its clone children see alike: a file mapped shared. Never unmapped: it lives as long as the command.</summary>
public sealed unsafe class SharedPage
{
    private readonly byte* _start;
    private readonly int _length;

    private SharedPage(byte* start, int length)
    {
        _start = start;
        _length = length;
    }

    public Span<byte> Bytes => new(_start, _length);

    /// <summary>Memory without a file: gone with the last process that has it.</summary>
    public static SharedPage Anonymous(int length) => Map(-1, length, Native.MAP_ANONYMOUS);

    /// <summary>Maps the file's first bytes; the file must be that long.</summary>
    public static SharedPage Map(int fd, int length) => Map(fd, length, 0);

    private static SharedPage Map(int fd, int length, int flags)
    {
        var mapped = Tmds.Linux.LibC.mmap(null, length, Native.PROT_READ | Native.PROT_WRITE, Native.MAP_SHARED | flags, fd, 0);
        return mapped == (void*)-1
            ? throw new ErrnoException("map the recorder", Sys.LastError)
            : new SharedPage((byte*)mapped, length);
    }
}
