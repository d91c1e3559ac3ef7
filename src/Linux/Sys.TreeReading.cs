using System;
using System.Runtime.InteropServices;

namespace SharpRun.Linux;

/// <summary>Of statx(2): seconds since 1970, possibly before it, and nanoseconds of 0 to 999,999,999.</summary>
public readonly record struct FileTime(long Seconds, int Nanoseconds);

/// <summary>What a tree is read with: times, and the attributes of what can only be opened as O_PATH.</summary>
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

    /// <summary>llistxattr(2) of a path whose last component is not followed: the names, each with a final zero.</summary>
    public static Result ListAttributesOfPath(ReadOnlySpan<byte> path, Span<byte> names)
    {
        fixed (byte* file = Text(path), start = names)
        {
            return Call(CallNumber.llistxattr, (nint)file, (nint)start, names.Length);
        }
    }

    /// <summary>lgetxattr(2) of a path whose last component is not followed.</summary>
    public static Result GetAttributeOfPath(ReadOnlySpan<byte> path, ReadOnlySpan<byte> attribute, Span<byte> value)
    {
        fixed (byte* file = Text(path), name = Text(attribute), start = value)
        {
            return Call(CallNumber.lgetxattr, (nint)file, (nint)name, (nint)start, value.Length);
        }
    }
}
