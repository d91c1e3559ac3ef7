using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.Linux;
using static SharpRun.KernelTests.Text;

namespace SharpRun.KernelTests;

/// <summary>Runs a program of the machine and takes what it prints.</summary>
static class Command
{
    public static bool Exists(string path) => Sys.FaccessAt(Native.AT_FDCWD, Z(path), Native.X_OK, 0) == Errno.OK;

    public static (int Status, string Output) Run(string program, params IReadOnlyList<string> arguments)
    {
        Check.Ok(Sys.Pipe(out var read, out var write));
        var argv = Vector([program, .. arguments]);
        var environment = Vector(["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", $"TMPDIR={Scratch.Path}"]);
        var path = Z(program);
        var child = Sys.Clone(0, out var pidFd).OrThrow($"clone for {program}");
        if (child == 0)
        {
            Redirect(write, 1);
            Redirect(write, 2);
            argv.Execute(path, environment);
            Sys.Exit(127);
        }
        Sys.Close(write);
        var output = ReadAll(read);
        Check.Value(Sys.WaitId(pidFd, Native.WEXITED, out var status));
        Sys.Close(read);
        Sys.Close(pidFd);
        return (status.IsSignal ? 128 + status.Status : status.Status, output);
    }

    public static StringVector Vector(IReadOnlyList<string> texts)
    {
        var vector = new StringVector(texts.Count, 65536);
        foreach (var text in texts)
        {
            Check.True(vector.TryAdd(Encoding.UTF8.GetBytes(text)));
        }
        return vector;
    }

    /// <summary>Makes a descriptor known to the program that is executed next.</summary>
    public static void Redirect(int fd, int number)
    {
        Sys.Dup(fd, number);
        Sys.Fcntl(number, Native.F_SETFD, 0);
    }

    private static string ReadAll(int fd)
    {
        var text = new StringBuilder();
        var buffer = new byte[16384];
        while (Check.Value(Sys.Read(fd, buffer)) is > 0 and var length)
        {
            text.Append(Encoding.UTF8.GetString(buffer, 0, length));
        }
        return text.ToString();
    }
}
