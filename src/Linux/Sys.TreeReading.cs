using System.Runtime.InteropServices;

namespace SharpRun.Linux;

/// <summary>Of statx(2): seconds since 1970, possibly before it, and nanoseconds of 0 to 999,999,999.</summary>
public readonly record struct FileTime(long Seconds, int Nanoseconds);

public static unsafe partial class Sys
{
    /// <summary>struct statx_timestamp of linux/stat.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct StatxTime
    {
        public long Seconds;
        public uint Nanoseconds;
        private readonly int _reserved;

        public readonly FileTime Time => new(Seconds, (int)Nanoseconds);
    }
}
