using System;
using System.Runtime.InteropServices;

namespace SharpRun.Linux;

/// <summary>What is executed: path and directory with a final zero. Prepared before a clone, used after it.</summary>
public sealed record Executable(byte[] Path, StringVector Arguments, byte[]? Directory);

public static unsafe partial class Sys
{
    // posix_spawnattr_t and posix_spawn_file_actions_t of glibc have 336 and 80 bytes, on x86_64 and arm64.
    private const int SpawnAttributesSize = 512, SpawnActionsSize = 128;
    private const int AllSignalsSize = 128; // sigset_t of glibc

    /// <summary>
    /// posix_spawn(3): glibc's own vfork (CLONE_VM | CLONE_VFORK on a stack of its own), which waits until the program is executed, and
    /// gives its errno when it cannot be. The program has these three descriptors and no other (close_range), its own process group, every
    /// signal at its default and none blocked. It leaves the managed heap alone, so it holds in the parent and in the clone child.
    /// </summary>
    public static Errno Spawn(Executable program, StringVector environment, int input, int output, int error, out int pid)
    {
        var attributes = stackalloc byte[SpawnAttributesSize];
        var actions = stackalloc byte[SpawnActionsSize];
        var allSignals = stackalloc byte[AllSignalsSize];
        new Span<byte>(allSignals, AllSignalsSize).Fill(0xFF);
        _ = spawnattr_init(attributes);
        _ = spawnattr_setsigdefault(attributes, allSignals);
        // The mask and the process group are zero by init: no signal, and a group of its own.
        _ = spawnattr_setflags(attributes, Native.POSIX_SPAWN_SETPGROUP | Native.POSIX_SPAWN_SETSIGDEF | Native.POSIX_SPAWN_SETSIGMASK);
        _ = file_actions_init(actions);
        var status = AddActions(actions, program.Directory, input, output, error);
        var child = 0;
        if (status == 0)
        {
            fixed (byte* path = program.Path)
            {
                status = posix_spawn(&child, path, actions, attributes, program.Arguments.Pointers, environment.Pointers);
            }
        }
        _ = file_actions_destroy(actions);
        pid = child;
        return (Errno)status;
    }

    private static int AddActions(byte* actions, byte[]? directory, int input, int output, int error)
    {
        fixed (byte* path = directory)
        {
            var status = directory is null ? 0 : file_actions_addchdir(actions, path);
            status = status == 0 ? file_actions_adddup2(actions, input, 0) : status;
            status = status == 0 ? file_actions_adddup2(actions, output, 1) : status;
            status = status == 0 ? file_actions_adddup2(actions, error, 2) : status;
            return status == 0 ? file_actions_addclosefrom(actions, 3) : status;
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn")]
    private static partial int posix_spawn(int* pid, byte* path, byte* actions, byte* attributes, byte** argv, byte** envp);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    private static partial int spawnattr_init(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    private static partial int spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    private static partial int spawnattr_setsigdefault(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int file_actions_init(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int file_actions_destroy(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static partial int file_actions_adddup2(byte* actions, int from, int to);

    // glibc 2.29
    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addchdir_np")]
    private static partial int file_actions_addchdir(byte* actions, byte* path);

    // glibc 2.34
    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addclosefrom_np")]
    private static partial int file_actions_addclosefrom(byte* actions, int from);
}

public static partial class Native
{
    // spawn.h
    public const short POSIX_SPAWN_SETPGROUP = 2, POSIX_SPAWN_SETSIGDEF = 4, POSIX_SPAWN_SETSIGMASK = 8;
}
