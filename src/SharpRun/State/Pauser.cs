using SharpRun.Cgroups;
using SharpRun.Planning;

namespace SharpRun.State;

/// <summary>pause and resume. No lock: `start` may hold it until it comes back, and that may need the resume.</summary>
static class Pauser
{
    public static void Pause(ContainerDirectory directory)
    {
        var state = directory.Read();
        if (Check.PauseOnlyRunning.Fails(Status.Of(directory, state) is not (ContainerStatus.Running or ContainerStatus.Created)))
        {
            // runc's words, also for one that is paused already.
            throw new StateError(ErrorCode.ContainerNotRunning, "container not running");
        }
        Freezer.Pause(state.RequireCgroup("cannot pause it").Directories);
    }

    public static void Resume(ContainerDirectory directory)
    {
        var state = directory.Read();
        if (Check.ResumeOnlyPaused.Fails(Status.Of(directory, state) != ContainerStatus.Paused))
        {
            throw new StateError(ErrorCode.ContainerNotPaused, "container not paused");
        }
        Freezer.Resume(state.RequireCgroup("cannot resume it").Directories);
    }

    /// <summary>The container's groups; an ordinary user's container may have none.</summary>
    public static CgroupRecord RequireCgroup(this ContainerState state, string refusal) => state.Cgroup.Directories.Count > 0
        ? state.Cgroup
        : throw new StateError(ErrorCode.CgroupMissing, $"{refusal}: container {state.Id} has no cgroup of its own");
}
