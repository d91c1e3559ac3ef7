using System;
using System.Collections.Generic;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.State;

/// <summary>delete: what may be removed, and when. How is <see cref="Remover"/>'s.</summary>
static class Deleter
{
    /// <summary>Milliseconds; tests are less patient.</summary>
    internal static int CreatorLimit { get; set; } = 10_000;

    public static void Delete(ContainerDirectory directory, bool force, Action<string> warn)
    {
        if (!directory.TryLock())
        {
            // Another delete came first, and has done what was asked.
            if (!force)
            {
                throw StateError.NotFound;
            }
            return;
        }
        var state = directory.TryRead(out var isDamaged);
        if (state is null)
        {
            directory.Remove();
            return;
        }
        if (isDamaged && !force)
        {
            throw new StateError(ErrorCode.ContainerDamaged, $"state.json of container {directory.Id} is damaged (delete --force removes what can be found)");
        }
        var status = Status.Of(directory, state);
        if (Check.DeleteOnlyStopped.Fails(!force && status is not (ContainerStatus.Stopped or ContainerStatus.Created)))
        {
            throw new StateError(ErrorCode.ContainerNotStopped, $"cannot delete container {directory.Id} that is not stopped: {status.Word()}");
        }
        if (status == ContainerStatus.Creating)
        {
            WaitForCreator(directory.Id, state.Creator);
            if (!directory.IsStillThere())
            {
                return;
            }
            state = directory.TryRead(out _) ?? state;
        }
        Remove(directory, state, warn);
    }

    private static void Remove(ContainerDirectory directory, ContainerState state, Action<string> warn)
    {
        var problems = new List<string>();
        Remover.Remove(directory, state, problems.Add, warn);
        if (problems.Count > 0)
        {
            throw new StateError(ErrorCode.ContainerBusy, string.Join("; ", problems));
        }
    }

    // It may just be dying, with the manager that called it. Killing it would only make more to clean up.
    private static void WaitForCreator(string id, ProcessId creator)
    {
        var pidFd = creator.OpenPidFd();
        if (pidFd < 0)
        {
            return;
        }
        var hasEnded = Waiting.ForEnd(pidFd, CreatorLimit);
        Sys.Close(pidFd);
        if (Check.DeleteWaitsForCreator.Fails(!hasEnded))
        {
            throw new StateError(ErrorCode.ContainerBusy, $"container {id} is still being created by process {creator.Pid}");
        }
    }
}
