using System;
using SharpRun.Cgroups;
using SharpRun.Linux;
using SharpRun.Parent;
using SharpRun.Planning;
using SharpRun.Systemd;

namespace SharpRun.State;

/// <summary>Takes a container away: its processes, its cgroups, its files, and last its record. Goes on after an error and reports each one;
/// the record stays while something that it names is left, so that delete can be tried again.</summary>
static class Remover
{
    /// <summary>Milliseconds; tests are less patient.</summary>
    internal static int KillLimit { get; set; } = 10_000;

    /// <summary>After the record the poststop hooks: what they say is only a warning.</summary>
    public static void Remove(ContainerDirectory directory, ContainerState state, Action<string> report, Action<string>? warn = null)
    {
        var isClean = true;
        Try("Kill", () => Kill(state));
        if (state.Init.Pid != 0)
        {
            Try("StopUnit", () => StopUnit(state.Cgroup));
        }
        Try("RemoveCgroups", () => RecordedCgroups.Remove(state.Cgroup.Directories));
        if (state.Init.Pid == 0 && isClean)
        {
            // A killed creator's: only now is it sure that nobody lives there, and that the unit is not another container's.
            Try("StopUnit", () => StopUnit(state.Cgroup));
        }
        Try("RemoveTemporaryPidFile", () => RemoveTemporaryPidFile(state));
        if (Check.RecordStaysWhileCgroupStays.Fails(!isClean))
        {
            return;
        }
        var isRemoved = false;
        Try("RemoveStateDirectory", () => isRemoved = directory.Remove());
        if (isRemoved)
        {
            Try("RunPoststopHooks", () => RuntimeHooks.RunPoststop(state, warn ?? report));
        }

        // The name is a mutant's too: `Remover.NAME` leaves the act out.
        void Try(string name, Action act)
        {
            if (Mutant.Skips("Remover." + name))
            {
                return;
            }
            try
            {
                act();
            }
            catch (Exception error)
            {
                isClean = false;
                report(error.Message);
            }
        }
    }

    // A record without init is a creator's that was killed. Its child ends by itself, at the end of file from its parent; the groups may
    // be another container's, whose use of them the creator did not live to see, so nothing in them is killed.
    private static void Kill(ContainerState state)
    {
        if (state.Init.Pid == 0)
        {
            return;
        }
        var pidFd = state.Init.OpenPidFd();
        if (pidFd >= 0)
        {
            Sys.PidfdSendSignal(pidFd, Native.SIGKILL);
        }
        // With a pid namespace all die with init, unless they are frozen; the group knows the others.
        if (pidFd >= 0 || !state.HasOwnPidNamespace)
        {
            RecordedCgroups.Kill(state.Cgroup.Directories);
        }
        if (pidFd >= 0)
        {
            var hasEnded = Waiting.ForEnd(pidFd, KillLimit);
            Sys.Close(pidFd);
            if (Check.DeleteWaitsForInit.Fails(!hasEnded))
            {
                throw new StateError(ErrorCode.ContainerBusy, "container init still running");
            }
        }
    }

    // Whoever made the container is asked, whatever this command was called with.
    private static void StopUnit(CgroupRecord cgroup)
    {
        if (cgroup.Unit is { } unit)
        {
            using var systemd = SystemdManager.Connect(cgroup.IsUsersUnit);
            systemd.Stop(unit);
        }
    }

    // A kill -9 between two system calls of the creator leaves it.
    private static void RemoveTemporaryPidFile(ContainerState state)
    {
        if (state.PidFile is { } path)
        {
            Sys.UnlinkAt(Native.AT_FDCWD, new CString(PidFile.TemporaryName(path)), 0);
        }
    }
}
