using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.CommandLine;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Parent;

/// <summary>The host's ps(1), for people: which columns there are, and how they look, is its own matter.</summary>
static class HostPs
{
    private const int LongestTable = 64 << 20;

    /// <summary>What it prints on stdout and stderr; an error with these words when it fails.</summary>
    public static string Run(IReadOnlyList<string> options)
    {
        var path = SearchPath.Find("ps")
            ?? throw new StepError("exec: \"ps\": executable file not found in $PATH", "", Errno.ENOENT, ErrorCode.SystemCallFailed);
        var input = Sys.Open(Native.AT_FDCWD, "/dev/null"u8, Native.O_RDONLY).OrThrow("open /dev/null");
        Sys.Pipe(out var output, out var written).OrThrow("make a pipe for ps");
        var program = new Executable(ZeroTerminated.Of(path), StringVector.Of(["ps", .. options]), null);
        // No variable: neither language nor width of a screen changes the table.
        Sys.Spawn(program, StringVector.Of([]), input, written, written, out var pid).OrThrow($"execute {path}");
        Sys.Close(input);
        Sys.Close(written);
        ProcFiles.ReadStream(output, LongestTable, out var printed).OrThrow("read what ps prints");
        Sys.Close(output);
        var text = Encoding.UTF8.GetString(printed);
        var pidFd = Sys.PidfdOpen(pid).OrThrow("open ps");
        Sys.WaitId(pidFd, Native.WEXITED, out var status).OrThrow("wait for ps");
        Sys.Close(pidFd);
        if (status.IsExit && status.Status == 0)
        {
            return text;
        }
        var said = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        throw new UsageError($"ps {(status.IsSignal ? "was killed by signal" : "ended with status")} {status.Status}: {said}");
    }
}
