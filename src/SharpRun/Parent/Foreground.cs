using System;
using SharpRun.Linux;
using SharpRun.Planning;
using SharpRun.State;

namespace SharpRun.Parent;

/// <summary>`run` and `exec` without --detach: signals are handed on, the end is waited for, and we end as it ended; run also removes the
/// container.</summary>
static class Foreground
{
    public static int Run(CreateOptions options, Log log)
    {
        var signals = Signals.Listen();
        var container = Creator.Create(options, log);
        int code;
        try
        {
            using var terminal = container.Terminal < 0 ? null : new TerminalSession(container.Terminal);
            var notify = NotifySocket.Listen(container.Directory);
            Starter.Start(container.Directory, container.State, container.PidFd);
            log.Times(container.Plan, () => container.Times);
            code = Wait(container.PidFd, signals, terminal, notify);
        }
        catch
        {
            Remover.Remove(container.Directory, container.State, log.Warning);
            throw;
        }
        if (!options.Keep)
        {
            Remover.Remove(container.Directory, container.State, log.Warning);
        }
        return code;
    }

    /// <summary>`exec` without --detach.</summary>
    public static int Exec(ExecOptions options, Log log)
    {
        var signals = Signals.Listen();
        using var undo = new Undo(log.Warning);
        var joined = Joiner.Join(options, undo, log);
        // Before the program can print anything.
        using var terminal = joined.Terminal < 0 ? null : new TerminalSession(joined.Terminal);
        joined.Execute();
        undo.Forget();
        log.Times(joined.Plan, joined.Times);
        return Wait(joined.PidFd, signals, terminal, null);
    }

    private static int Wait(int pidFd, int signals, TerminalSession? terminal, NotifySocket? notify)
    {
        Span<PollFd> watched = stackalloc PollFd[3 + TerminalSession.WatchedCount];
        watched.Fill(new PollFd(-1, 0));
        watched[0] = new PollFd(pidFd, Native.POLLIN);
        watched[1] = new PollFd(signals, Native.POLLIN);
        var ofTerminal = watched[3..];
        while (true)
        {
            watched[2].Fd = notify?.Fd ?? -1;
            watched[2].Events = Native.POLLIN;
            terminal?.Watch(ofTerminal);
            var polled = Sys.Poll(watched, terminal?.Patience ?? -1);
            if (!polled.Ok && polled.Error != Errno.EINTR)
            {
                polled.Error.Throw("wait for the container");
            }
            if (watched[1].IsReady)
            {
                Forward(pidFd, signals, terminal);
            }
            if (watched[2].IsReady)
            {
                notify?.Hear(Sys.GetPid());
            }
            terminal?.Copy(ofTerminal);
            if (watched[0].IsReady)
            {
                terminal?.Drain(signals);
                Sys.WaitId(pidFd, Native.WEXITED, out var status).OrThrow("wait for the container");
                return status.IsSignal ? 128 + status.Status : status.Status;
            }
        }
    }

    // A signalfd_siginfo (signalfd(2)) has 128 bytes, the signal's number in the first four.
    private static void Forward(int pidFd, int signals, TerminalSession? terminal)
    {
        Span<byte> info = stackalloc byte[128];
        if (!Sys.Read(signals, info).Ok)
        {
            return;
        }
        var signal = BitConverter.ToInt32(info);
        if (signal == Native.SIGWINCH)
        {
            terminal?.Resize();
        }
        else
        {
            Sys.PidfdSendSignal(pidFd, signal);
        }
    }
}
