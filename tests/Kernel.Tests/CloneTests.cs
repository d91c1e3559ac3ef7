using System;
using System.Collections.Generic;
using System.Globalization;
using SharpRun.Linux;
using static Tmds.Linux.LibC;

namespace SharpRun.KernelTests;

/// <summary>The managed clone child in fresh processes, many times. A hang is not waited for: it is killed and counted.</summary>
static class CloneTests
{
    // A process start takes ten times as long in a guest of user-mode Linux, so there it is a sample.
    private static readonly int s_many = InGuest ? 150 : 2000;
    private static readonly int s_some = InGuest ? 60 : 500;
    private const int HangSeconds = 30;

    internal static bool InGuest => Environment.GetEnvironmentVariable("RUN_IN_VM") is { Length: > 0 };

    public static readonly Test[] All =
    [
        new($"clone: {s_many} creates on one CPU, exec", () => Runs("exec", s_many, 1, pinned: true), 0, 600),
        new($"clone: {s_many} creates, 8 at once, exec", () => Runs("exec", s_many, 8, pinned: false), 0, 600),
        new($"clone: {s_many} creates, 8 at once on one CPU, exit", () => Runs("exit", s_many, 8, pinned: true), 0, 600),
        new($"clone: {s_some} with finalizers queued, the child collects, one CPU", () => Runs("finalizers", s_some, 3, pinned: true), 0, 600),
        new($"clone: {s_some} with finalizers queued, the child collects, 3 at once", () => Runs("finalizers", s_some, 3, pinned: false), 0, 600),
        new("clone: waits for a busy finalizer", () => Runs("busy-finalizer", 5, 1, pinned: false)),
        new("clone: gives up after a second of waiting", () => Runs("endless-finalizer", 2, 2, pinned: false, expected: Creates.TimedOut)),
        new("clone: refuses a process with three threads", () => Runs("third-thread", 5, 1, pinned: false, expected: Creates.Refused)),
    ];

    private static void Runs(string kind, int count, int atOnce, bool pinned, int expected = 0)
    {
        var arguments = Command.Vector(["kernel-tests", "--create", kind]);
        var empty = Command.Vector([]);
        var running = new List<Process>();
        var others = new SortedDictionary<int, int>();
        var (started, hung) = (0, 0);
        while (started < count || running.Count > 0)
        {
            while (started < count && running.Count < atOnce)
            {
                running.Add(Process.Start(arguments, empty, pinned));
                started++;
            }
            Process.WaitForOne(running);
            for (var i = running.Count - 1; i >= 0; i--)
            {
                if (running[i].IsOver(HangSeconds, ref hung, out var status))
                {
                    running.RemoveAt(i);
                    if (status != expected)
                    {
                        others[status] = others.GetValueOrDefault(status) + 1;
                    }
                }
            }
        }
        Check.True(hung == 0 && others.Count == 0, $"of {count} runs {hung} hung; {Describe(others, expected)}");
    }

    private static string Describe(SortedDictionary<int, int> others, int expected)
    {
        var text = $"status other than {expected}:";
        foreach (var (status, times) in others)
        {
            text += string.Create(CultureInfo.InvariantCulture, $" {status} ({times} times)");
        }
        return text;
    }

    /// <summary>One process, the leader of a group of its own, so that its child can be killed with it.</summary>
    private sealed class Process(int pid, int pidFd)
    {
        private readonly long _started = Sys.MonotonicNanoseconds();

        public static unsafe Process Start(StringVector arguments, StringVector environment, bool pinned)
        {
            var pid = Check.Value(Sys.Clone(0, out var pidFd));
            if (pid == 0)
            {
                Sys.SetSid();
                ulong firstCpu = 1;
                if (pinned)
                {
                    _ = sched_setaffinity(0, sizeof(ulong), (Tmds.Linux.cpu_set_t*)&firstCpu);
                }
                arguments.Execute("/proc/self/exe"u8, environment);
                Sys.Exit(126);
            }
            return new Process(pid, pidFd);
        }

        public static void WaitForOne(List<Process> running)
        {
            Span<PollFd> watched = stackalloc PollFd[running.Count];
            for (var i = 0; i < running.Count; i++)
            {
                watched[i] = new PollFd(running[i].PidFd, Native.POLLIN);
            }
            Sys.Poll(watched, 1000);
        }

        private int PidFd => pidFd;

        public bool IsOver(int hangSeconds, ref int hung, out int status)
        {
            status = -1;
            Check.Value(Sys.WaitId(pidFd, Native.WEXITED | Native.WNOHANG, out var end));
            if (end.Pid == 0 && Sys.MonotonicNanoseconds() - _started > hangSeconds * 1_000_000_000L)
            {
                hung++;
                Sys.Kill(-pid, Native.SIGKILL);
                Check.Value(Sys.WaitId(pidFd, Native.WEXITED, out end));
            }
            if (end.Pid == 0)
            {
                return false;
            }
            status = end.IsSignal ? 128 + end.Status : end.Status;
            Sys.Close(pidFd);
            return true;
        }
    }
}
