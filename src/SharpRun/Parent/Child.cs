using System;
using System.Collections.Generic;
using SharpRun.Cgroups;
using SharpRun.InitStage;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Parent;

/// <summary>What create and exec have in common: a clone child that walks its steps, and how it is waited for.</summary>
static class Child
{
    /// <summary>What every child needs for its steps; StartFifo is the descriptor that only execve closes.</summary>
    public static InitContext Context(Plan plan, Conversation talk, SharedPage page, int startFifo, int consoleSocket)
    {
        var recorder = new Recorder(page);
        recorder.Start(plan.Steps.Count);
        var exec = (Exec)plan.Steps[^1];
        return new InitContext
        {
            Recorder = recorder,
            Sync = talk.ChildEnd,
            ParentSync = talk.ParentEnd,
            StartFifo = startFifo,
            ConsoleSocket = consoleSocket,
            HasMountSetAttr = plan.HasMountSetAttr,
            Arguments = Vector(exec.Args, 0),
            // One more string: HOME, which the child looks up in the container.
            Environment = Vector(exec.Env, PasswdFile.HomeRoom + 8),
        };
    }

    private static StringVector Vector(IReadOnlyList<CString> texts, int spare)
    {
        var room = spare;
        foreach (var text in texts)
        {
            room += text.Bytes.Length;
        }
        var vector = new StringVector(texts.Count + 1, room);
        foreach (var text in texts)
        {
            vector.TryAdd(text.Text);
        }
        return vector;
    }

    /// <summary>The first clone has joined what had to be joined, and has made the second, which is this process's child as well.
    /// Gives its pid, and its pidfd in place of the first one's.</summary>
    public static int AwaitSecond(Plan plan, Conversation talk, SharedPage page, ref int pidFd)
    {
        if (talk.HearUntilDead(pidFd) != Conversation.Born)
        {
            var failure = Failure(plan, page, Reap(pidFd));
            ReapUnheardOf(page);
            throw failure;
        }
        var (joiner, pid) = (pidFd, RecorderFile.Second(page.Bytes));
        pidFd = Sys.PidfdOpen(pid).OrThrow($"open the {plan.Who}");
        // The second goes on while the first one ends.
        talk.Answer();
        Sys.WaitId(joiner, Native.WEXITED, out _).OrThrow("wait for the process that has joined the namespaces");
        Sys.Close(joiner);
        return pid;
    }

    // The first one may have been killed between its clone and its word. This process's child keeps its pid until it is waited for.
    private static void ReapUnheardOf(SharedPage page)
    {
        if (RecorderFile.Second(page.Bytes) is > 0 and var pid && Sys.PidfdOpen(pid) is { Ok: true } second)
        {
            Reap(second.Value);
            Sys.Close(second.Value);
        }
    }

    /// <summary>Why a child has ended that had more to do.</summary>
    public static Exception Failure(Plan plan, SharedPage page, WaitStatus status)
    {
        var outcome = RecorderFile.Parse(page.Bytes);
        return outcome.Failed ? RecorderFile.Describe(outcome, plan) : DescribeDeath(outcome, plan, status);
    }

    private static StepError DescribeDeath(in Outcome outcome, Plan plan, WaitStatus status)
    {
        if (OomKills.In(plan.Cgroup) is > 0 and var kills)
        {
            return RecorderFile.DescribeDeath(outcome, plan, ErrorCode.OutOfMemory, $"was OOM-killed (memory limit too low?) ({kills} oom kill)");
        }
        var how = status.IsSignal ? $"was killed by signal {status.Status}" : $"ended with status {status.Status}";
        // Others live in the groups that exec joins, and it may be they who were killed.
        var isPossiblyOom = status is { IsSignal: true, Status: Native.SIGKILL } && OomKills.In(plan.JoinedCgroup) > 0;
        return RecorderFile.DescribeDeath(outcome, plan, ErrorCode.InitDied, how + (isPossiblyOom ? " (possibly OOM-killed)" : ""));
    }

    public static WaitStatus Reap(int pidFd)
    {
        Sys.PidfdSendSignal(pidFd, Native.SIGKILL);
        Sys.WaitId(pidFd, Native.WEXITED, out var status);
        return status;
    }
}
