using System;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace SharpRun.Tar.Tests;

/// <summary>Extended attributes of files, which the BCL does not know.</summary>
static partial class Attributes
{
    [LibraryImport("libc", EntryPoint = "setxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetAttribute(string path, string name, ReadOnlySpan<byte> value, nint size, int flags);

    [LibraryImport("libc", EntryPoint = "getxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetAttribute(string path, string name, Span<byte> value, nint size);

    public static void Set(string path, string name, ReadOnlySpan<byte> value) => Require(SetAttribute(path, name, value, value.Length, 0));

    public static byte[] Get(string path, string name)
    {
        var value = new byte[1000];
        return value[..(int)Require(GetAttribute(path, name, value, value.Length))];
    }

    private static nint Require(nint result) => result >= 0 ? result : throw new Win32Exception();
}
