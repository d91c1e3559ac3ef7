using System;

namespace SharpRun.Linux;

/// <summary>Extended attributes by descriptor (xattr(7)); O_PATH descriptors have none (EBADF).</summary>
public static unsafe partial class Sys
{
    /// <summary>flistxattr(2): the names, each with a final zero.</summary>
    public static Result ListAttributes(int fd, Span<byte> names)
    {
        fixed (byte* start = names)
        {
            return Call(CallNumber.flistxattr, fd, (nint)start, names.Length);
        }
    }

    public static Result GetAttribute(int fd, ReadOnlySpan<byte> attribute, Span<byte> value)
    {
        fixed (byte* name = Text(attribute), start = value)
        {
            return Call(CallNumber.fgetxattr, fd, (nint)name, (nint)start, value.Length);
        }
    }

    public static Errno SetAttribute(int fd, ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> value)
    {
        fixed (byte* name = Text(attribute), start = value)
        {
            return Call(CallNumber.fsetxattr, fd, (nint)name, (nint)start, value.Length).Error;
        }
    }
}
