using SharpRun.Cgroups;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.State;

/// <summary>kill. A process is signalled by pidfd, after its start time was compared: a pid alone may be somebody else's by now.</summary>
static class Killer
{
    public static void Signal(ContainerState state, int signal, bool all)
    {
        if (state.Init.Pid == 0)
        {
            RefuseUnfinished(state, all);
            return;
        }
        var pidFd = state.Init.OpenPidFd();
        var isAlive = pidFd >= 0 && Send(state, pidFd, signal);
        if (Check.KillOnlyAlive.Fails(!isAlive && !all))
        {
            // The shim and CRI-O take these words for "not found".
            throw new StateError(ErrorCode.ContainerNotRunning, "container not running");
        }
        if (signal == Native.SIGKILL && (!isAlive || !state.HasOwnPidNamespace || all))
        {
            RecordedCgroups.Kill(state.Cgroup.Directories);
        }
        else if (signal == Native.SIGKILL)
        {
            // v1: a frozen process dies when it is thawed.
            Freezer.Thaw(state.Cgroup.Directories);
        }
        else if (!isAlive)
        {
            // What init left behind, in a pid namespace that is not its own.
            RecordedCgroups.Signal(state.Cgroup.Directories, signal);
        }
    }

    // There is no init that a signal could be for; and the groups may still be found to be another container's, so nobody in them is killed.
    // Whoever wants to be rid of it ends its creator, or waits with `delete --force`.
    private static void RefuseUnfinished(ContainerState state, bool all)
    {
        if (state.Creator.IsAlive())
        {
            throw new StateError(ErrorCode.ContainerNotRunning, $"container not running: process {state.Creator.Pid} is still creating it");
        }
        if (!all)
        {
            throw new StateError(ErrorCode.ContainerNotRunning, "container not running");
        }
    }

    private static bool Send(ContainerState state, int pidFd, int signal)
    {
        var error = Sys.PidfdSendSignal(pidFd, signal);
        Sys.Close(pidFd);
        if (error is not (Errno.OK or Errno.ESRCH))
        {
            error.Throw($"signal the init of {state.Id}");
        }
        return error == Errno.OK;
    }
}
