using System;
using System.Runtime.InteropServices;

namespace SharpRun.Linux;

public static unsafe partial class Sys
{
    /// <summary>setenv(3), or unsetenv(3) for null: the environment that C libraries of this process see. .NET's own copy is another one. Not
    /// beside threads that may look into it.</summary>
    public static void SetNativeEnvironment(string name, string? value)
    {
        fixed (byte* key = ZeroTerminated.Of(name))
        fixed (byte* text = ZeroTerminated.Of(value ?? ""))
        {
            _ = value is null ? unsetenv_(key) : setenv_(key, text, 1);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv")]
    private static partial int setenv_(byte* name, byte* value, int overwrite);

    [LibraryImport("libc", EntryPoint = "unsetenv")]
    private static partial int unsetenv_(byte* name);
}
