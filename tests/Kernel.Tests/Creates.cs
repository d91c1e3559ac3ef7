using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading;
using SharpRun.Linux;

namespace SharpRun.KernelTests;

/// <summary>What one process of the clone tests does: `kernel-tests --create KIND`, a fresh program each time, since the dangerous moments are
/// those after a start or a collection. Status 0: the child did its work.</summary>
static class Creates
{
    public const int Refused = 3, TimedOut = 4;

    private const int Finalizers = 3000;

    private static readonly List<string> s_kept = [];
    private static int s_finalized;
    private static int s_delay;

    public static int One(string kind)
    {
        try
        {
            return kind switch
            {
                // What a create does: ids, some allocation, a program.
                "exec" => Clone(() => Work(exec: true)),
                "exit" => Clone(() => Work(exec: false)),
                "finalizers" => AfterFinalizers(),
                "third-thread" => WithThirdThread(),
                "busy-finalizer" => BehindFinalizer(300),
                "endless-finalizer" => BehindFinalizer(60_000),
                _ => 2,
            };
        }
        catch (ErrnoException error)
        {
            return error.Error == Errno.ETIMEDOUT ? TimedOut : Refused;
        }
    }

    private static int Clone(Action child)
    {
        var pid = Sys.Clone(0, out var pidFd).OrThrow("clone");
        if (pid == 0)
        {
            try
            {
                child();
            }
            catch (Exception error)
            {
                Program.Say($"in the child: {error}");
                Sys.Exit(1);
            }
            Sys.Exit(0);
        }
        Sys.WaitId(pidFd, Native.WEXITED, out var status).OrThrow("wait");
        return status.IsSignal ? 128 + status.Status : status.Status;
    }

    private static void Work(bool exec)
    {
        Sys.ResetSignals().OrThrow("reset signals");
        for (var i = 0; i < 200; i++)
        {
            s_kept.Add(new StringBuilder(4096).Append('x', 2000).Append(i).ToString());
        }
        Sys.SetGroups([]).OrThrow("setgroups");
        Sys.SetResGid(65534).OrThrow("setresgid");
        Sys.SetResUid(65534).OrThrow("setresuid");
        if (exec)
        {
            var argv = new StringVector(1, 16);
            argv.TryAdd("true"u8);
            argv.Execute("/bin/true"u8, new StringVector(0, 0)).Throw("execute /bin/true");
        }
    }

    // The parent has just queued finalizers, so its second thread is at work; the child collects and would wait for it for ever.
    private static int AfterFinalizers()
    {
        Abandon(Finalizers);
        GC.Collect();
        return Clone(() =>
        {
            Work(exec: false);
            GC.Collect();
        });
    }

    private static int WithThirdThread()
    {
        var thread = new Thread(() => Thread.Sleep(Timeout.Infinite)) { IsBackground = true };
        thread.Start();
        return Clone(() => { });
    }

    // The barrier has to wait until the finalizer is done.
    private static int BehindFinalizer(int milliseconds)
    {
        s_delay = milliseconds;
        Abandon(1);
        GC.Collect();
        var status = Clone(() => { });
        return status == 0 && Volatile.Read(ref s_finalized) == 1 ? 0 : 1;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Abandon(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _ = new Finalizable();
        }
    }

    private sealed class Finalizable
    {
        ~Finalizable()
        {
            // The clock is a dear call in a guest of user-mode Linux, so it is read only when there is something to wait for.
            for (var until = s_delay > 0 ? Environment.TickCount64 + s_delay : 0; s_delay > 0 && Environment.TickCount64 < until;)
            {
            }
            Interlocked.Increment(ref s_finalized);
        }
    }
}
