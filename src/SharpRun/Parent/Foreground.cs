using System;
using SharpRun.Linux;
using SharpRun.Planning;
using SharpRun.State;

namespace SharpRun.Parent;

/// <summary>`run` without --detach: hands signals on, waits for the container's end, removes it, and ends as it ended.</summary>
static class Foreground
{
    public static int Run(CreateOptions options, Log log)
    {
        var signals = Signals.Listen();
        var container = Creator.Create(options, log);
        int code;
        try
        {
            Starter.Start(container.Directory, container.State, container.PidFd);
            log.Times(container);
            code = Wait(container.PidFd, signals);
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

    private static int Wait(int pidFd, int signals)
    {
        Span<PollFd> watched = [new PollFd(pidFd, Native.POLLIN), new PollFd(signals, Native.POLLIN)];
        while (true)
        {
            var polled = Sys.Poll(watched, -1);
            if (!polled.Ok && polled.Error != Errno.EINTR)
            {
                polled.Error.Throw("wait for the container");
            }
            if (watched[1].IsReady)
            {
                Forward(pidFd, signals);
            }
            if (watched[0].IsReady)
            {
                Sys.WaitId(pidFd, Native.WEXITED, out var status).OrThrow("wait for the container");
                return status.IsSignal ? 128 + status.Status : status.Status;
            }
        }
    }

    // A signalfd_siginfo (signalfd(2)) has 128 bytes, the signal's number in the first four.
    private static void Forward(int pidFd, int signals)
    {
        Span<byte> info = stackalloc byte[128];
        if (Sys.Read(signals, info).Ok)
        {
            Sys.PidfdSendSignal(pidFd, BitConverter.ToInt32(info));
        }
    }
}
