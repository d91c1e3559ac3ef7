using System;
using System.Collections.Generic;
using System.Globalization;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Parent;

/// <summary>newuidmap(1) and newgidmap(1): set-user-id programs that write what /etc/subuid and /etc/subgid allow the caller.</summary>
static class MappingTool
{
    private const int NotExecuted = 127;

    public static void Run(string name, int pid, IReadOnlyList<IdMapping> mappings)
    {
        var path = Find(name);
        var arguments = StringVector.Of([name, pid.ToString(CultureInfo.InvariantCulture), .. Numbers(mappings)]);
        var environment = StringVector.Of([]);
        var child = Sys.Clone(0, out var pidFd).OrThrow($"clone a process for {path}");
        if (child == 0)
        {
            Sys.ResetSignals();
            arguments.Execute(path, environment);
            Sys.Exit(NotExecuted);
        }
        var waited = Sys.WaitId(pidFd, Native.WEXITED, out var status);
        Sys.Close(pidFd);
        waited.OrThrow($"wait for {path}");
        if (!status.IsExit || status.Status != 0)
        {
            // The tool has said on stderr what it does not allow.
            var how = status.IsSignal ? "was killed by signal" : "ended with status";
            throw new StepError($"{path} {pid} {string.Join(' ', Numbers(mappings))} {how} {status.Status}", "", Errno.OK, ErrorCode.StepFailed);
        }
    }

    private static CString Find(string name) => SearchPath.Find(name) is { } path
        ? new CString(path)
        : throw new StepError($"{name}: executable file not found in $PATH: an ordinary user needs it to map more than its own id",
            "", Errno.ENOENT, ErrorCode.StepFailed);

    private static List<string> Numbers(IReadOnlyList<IdMapping> mappings)
    {
        var numbers = new List<string>(3 * mappings.Count);
        foreach (var (container, host, size) in mappings)
        {
            foreach (var number in (ReadOnlySpan<uint>)[container, host, size])
            {
                numbers.Add(number.ToString(CultureInfo.InvariantCulture));
            }
        }
        return numbers;
    }
}
