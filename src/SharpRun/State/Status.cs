using SharpRun.Cgroups;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.State;

enum ContainerStatus
{
    Creating, Created, Running, Paused, Stopped,
}

/// <summary>A container's status is what its processes say now; nothing is stored that could be wrong.</summary>
static class Status
{
    public static ContainerStatus Of(ContainerDirectory directory, ContainerState state)
    {
        if (state.Init.Pid == 0)
        {
            return state.Creator.IsAlive() ? ContainerStatus.Creating : ContainerStatus.Stopped;
        }
        if (!state.Init.IsAlive())
        {
            return ContainerStatus.Stopped;
        }
        if (state.Cgroup.Directories.Count > 0 && RecordedCgroups.IsFrozen(state.Cgroup.Directories))
        {
            return ContainerStatus.Paused;
        }
        return directory.IsWaitingForStart() ? ContainerStatus.Created : ContainerStatus.Running;
    }

    public static string Word(this ContainerStatus status) => status switch
    {
        ContainerStatus.Creating => "creating",
        ContainerStatus.Created => "created",
        ContainerStatus.Running => "running",
        ContainerStatus.Paused => "paused",
        _ => "stopped",
    };

    /// <summary>The same process, and not a dead one that its parent has not asked for yet. Pid 0 and 1 are never ours (R39).</summary>
    public static bool IsAlive(this ProcessId process)
    {
        if (process.Pid <= 1 || !ProcFiles.TryStat(process.Pid, out var letter, out var start))
        {
            return false;
        }
        return !Check.PidStartTimeMatches.Fails(start != process.Start) && !Check.ZombieIsStopped.Fails(letter is 'Z' or 'X');
    }

    /// <summary>A descriptor of exactly this process, or -1: it is gone.</summary>
    public static int OpenPidFd(this ProcessId process)
    {
        if (process.Pid <= 1)
        {
            return -1;
        }
        var opened = Sys.PidfdOpen(process.Pid);
        // EINVAL: the process is gone, and the number is still that of the session that it led (older kernels, seen on 5.10).
        if (opened.Error is Errno.ESRCH or Errno.EINVAL)
        {
            return -1;
        }
        var pidFd = opened.OrThrow($"open process {process.Pid}");
        // Looked at after it is held: from here on the number cannot be another's.
        if (!process.IsAlive())
        {
            Sys.Close(pidFd);
            return -1;
        }
        return pidFd;
    }
}
