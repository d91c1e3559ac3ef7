using System;
using SharpRun.Linux;
using SharpRun.Parent;
using SharpRun.Planning;

namespace SharpRun.State;

/// <summary>
/// start. Init holds exec.fifo open in both directions, close-on-exec, and reads a byte from it. So when its last reader is gone, init has
/// executed the program or has died, and its recorder tells which. Nothing is polled by time.
/// </summary>
static class Starter
{
    private const int EndLimit = 10_000; // milliseconds

    /// <summary>With a notify socket it comes back when the container has said that it is ready. A failing hook ends the container and removes
    /// it (runtime-spec 1.3, "Lifecycle", 7 and 9); a program that cannot be executed leaves a stopped one.</summary>
    public static void Start(ContainerDirectory directory, Action<string> warn)
    {
        directory.Lock();
        var state = directory.Read();
        var status = Status.Of(directory, state);
        if (Check.StartOnlyCreated.Fails(status != ContainerStatus.Created))
        {
            throw new StateError(status == ContainerStatus.Stopped ? ErrorCode.ContainerNotRunning : ErrorCode.ContainerNotCreated, status switch
            {
                ContainerStatus.Running => "cannot start an already running container",
                ContainerStatus.Stopped => "cannot start a container that has stopped",
                _ => $"cannot start a container in the {status.Word()} state",
            });
        }
        var pidFd = state.Init.OpenPidFd();
        if (pidFd < 0)
        {
            throw Dead("");
        }
        var notify = NotifySocket.Listen(directory);
        try
        {
            Start(directory, state, pidFd);
        }
        catch (HookError)
        {
            Remover.Remove(directory, state, warn);
            throw;
        }
        if (notify is not null)
        {
            // Others may kill or delete the container meanwhile.
            directory.Unlock();
            notify.WaitUntilReady(state.Init.Pid, pidFd);
        }
        Sys.Close(pidFd);
    }

    /// <summary>The same for who has just created it, and removes it after any error.</summary>
    public static void Start(ContainerDirectory directory, ContainerState state, int pidFd)
    {
        var fifo = directory.OpenStartFifo();
        if (fifo < 0)
        {
            throw Waiting.ForEnd(pidFd, 0) ? Dead("") : new StateError(ErrorCode.ContainerNotCreated, "cannot start an already running container");
        }
        var written = Sys.Write(fifo, "s"u8);
        if (written.Ok)
        {
            WaitForExec(fifo, pidFd);
        }
        else if (written.Error != Errno.EPIPE)
        {
            written.Error.Throw("start the container");
        }
        Sys.Close(fifo);
        RequireExecuted(directory, pidFd);
        directory.RemoveStartFifo();
        RuntimeHooks.RunPoststart(state);
    }

    // No limit of time: what comes between the byte and the program is the container's own (a slow disk), and its death ends the wait.
    private static void WaitForExec(int fifo, int pidFd)
    {
        Span<PollFd> watched = [new PollFd(fifo, 0), new PollFd(pidFd, Native.POLLIN)];
        while (true)
        {
            var polled = Sys.Poll(watched, -1);
            if (polled.Ok)
            {
                return;
            }
            if (polled.Error != Errno.EINTR)
            {
                polled.Error.Throw("wait for the container's program");
            }
        }
    }

    private static void RequireExecuted(ContainerDirectory directory, int pidFd)
    {
        var outcome = RecorderFile.Read(directory.Fd);
        if (Check.StartSeesFailedExec.Fails(outcome.Failed))
        {
            throw outcome.IsHook
                ? new HookError(outcome.Detail, "startContainer hook", Errno.OK)
                : new StepError(outcome.Message, "exec", outcome.Error, ErrorCodes.OfProgram(outcome.Error));
        }
        if (outcome.Executed)
        {
            return;
        }
        // A dying process closes its descriptors a moment before its end can be heard. A recorder that cannot be read says nothing.
        var isKnown = outcome.StepCount > 0;
        if (Waiting.ForEnd(pidFd, isKnown ? EndLimit : 0))
        {
            throw Dead(isKnown ? $": it ended in step {outcome.Step} of {outcome.StepCount}" : "");
        }
        if (isKnown)
        {
            throw new StateError(ErrorCode.ContainerBusy, $"container process neither runs the program nor ends: it is in step {outcome.Step} of {outcome.StepCount}");
        }
    }

    private static StateError Dead(string where) => new(ErrorCode.ContainerNotRunning, "container process is already dead" + where);
}
