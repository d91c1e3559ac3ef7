using System;
using System.Text;
using SharpRun.Linux;
using static SharpRun.KernelTests.Text;

namespace SharpRun.KernelTests;

enum Verdict
{
    Passed, Failed, Skipped,
}

/// <summary>Runs a test in a clone child, so that what it changes dies with it, a crash is a failure and a hang ends.</summary>
static class Isolated
{
    private const int MessageRoom = 32768;

    public static (Verdict Verdict, string Reason) Run(Action body, int namespaces, int timeoutSeconds)
    {
        Sys.Pipe(out var read, out var write).OrThrow("make a pipe");
        var child = Sys.Clone((ulong)namespaces, out var pidFd).OrThrow("clone a test");
        if (child == 0)
        {
            var (verdict, reason) = Judge(body, namespaces);
            Sys.WriteAll(write, Encoding.UTF8.GetBytes((char)('0' + (int)verdict) + Cut(reason)));
            Sys.Exit(0);
        }
        Sys.Close(write);
        var outcome = Wait(pidFd, timeoutSeconds) is { } death ? (Verdict.Failed, death) : Read(read);
        Sys.Close(read);
        Sys.Close(pidFd);
        return outcome;
    }

    /// <summary>Runs a part of a test in a clone child; what fails there fails here.</summary>
    public static void Part(Action body, int namespaces = 0)
    {
        var (verdict, reason) = Run(body, namespaces, 60);
        switch (verdict)
        {
            case Verdict.Failed:
                throw new Failure(reason);
            case Verdict.Skipped:
                throw new Skip(reason);
        }
    }

    private static (Verdict Verdict, string Reason) Judge(Action body, int namespaces)
    {
        try
        {
            if ((namespaces & Native.CLONE_NEWNS) != 0)
            {
                Scratch.MountPrivately();
            }
            body();
            return (Verdict.Passed, "");
        }
        catch (Skip skip)
        {
            return (Verdict.Skipped, skip.Message);
        }
        catch (Failure failure)
        {
            return (Verdict.Failed, failure.Message);
        }
        catch (Exception bug)
        {
            return (Verdict.Failed, $"{bug.GetType().Name}: {bug.Message}");
        }
    }

    // Null when the child ended by itself.
    private static string? Wait(int pidFd, int timeoutSeconds)
    {
        Span<PollFd> watched = [new PollFd(pidFd, Native.POLLIN)];
        if (Sys.Poll(watched, timeoutSeconds * 1000).Value == 0)
        {
            Sys.PidfdSendSignal(pidFd, Native.SIGKILL);
            Sys.WaitId(pidFd, Native.WEXITED, out _);
            return $"hung: killed after {timeoutSeconds} s";
        }
        Sys.WaitId(pidFd, Native.WEXITED, out var status).OrThrow("wait for a test");
        return status.IsSignal ? $"killed by signal {status.Status}" : status.Status != 0 ? $"ended with status {status.Status}" : null;
    }

    private static (Verdict Verdict, string Reason) Read(int fd)
    {
        var buffer = new byte[MessageRoom * 4];
        var length = Sys.Read(fd, buffer).OrThrow("read a test's verdict");
        return length == 0 ? (Verdict.Failed, "no verdict") : ((Verdict)(buffer[0] - '0'), Encoding.UTF8.GetString(buffer, 1, length - 1));
    }

    private static string Cut(string reason) => reason.Length > MessageRoom / 2 ? reason[..(MessageRoom / 2)] : reason;
}

/// <summary>A directory of this run; a test with a mount namespace of its own has an empty tmpfs on it.</summary>
static class Scratch
{
    public static string Path { get; private set; } = "";

    public static void Make()
    {
        Path = $"{Environment.GetEnvironmentVariable("TMPDIR") ?? "/tmp"}/kernel-tests.{Sys.GetPid()}";
        Sys.MkdirAt(Native.AT_FDCWD, Z(Path), 0x1C0).OrThrow($"make {Path}");
    }

    public static void Remove() => Sys.UnlinkAt(Native.AT_FDCWD, Z(Path), Native.AT_REMOVEDIR).OrThrow($"remove {Path}");

    public static void MountPrivately()
    {
        Check.Ok(Sys.Mount(default, "/"u8, default, Native.MS_REC | Native.MS_PRIVATE, default));
        Check.Ok(Sys.Mount("scratch"u8, Z(Path), "tmpfs"u8, 0, "mode=755"u8));
    }

    public static int Open() => Check.Value(Sys.Open(Native.AT_FDCWD, Z(Path), Native.O_PATH | Native.O_DIRECTORY));

    /// <summary>Makes a directory in it and opens that.</summary>
    public static int MakeDirectory(string name)
    {
        var path = Z($"{Path}/{name}");
        Check.Ok(Sys.MkdirAt(Native.AT_FDCWD, path, 0x1ED));
        return Check.Value(Sys.Open(Native.AT_FDCWD, path, Native.O_PATH | Native.O_DIRECTORY));
    }

    public static void WriteFile(int directory, string name, string text, uint mode = 0x1A4)
    {
        var fd = Check.Value(Sys.Open(directory, Z(name), Native.O_WRONLY | Native.O_CREAT | Native.O_TRUNC, mode));
        Check.Ok(Sys.WriteAll(fd, Encoding.UTF8.GetBytes(text)));
        Sys.Close(fd);
    }

    public static string ReadFile(string path)
    {
        Check.Ok(ProcFiles.ReadWhole(Native.AT_FDCWD, Z(path), 1 << 20, out var bytes), path);
        return Encoding.UTF8.GetString(bytes);
    }
}
