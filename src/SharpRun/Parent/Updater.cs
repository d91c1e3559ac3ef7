using System;
using SharpRun.Cgroups;
using SharpRun.Linux;
using SharpRun.Planning;
using SharpRun.State;
using SharpRun.Systemd;

namespace SharpRun.Parent;

/// <summary>update: new values for the groups of a container that is there. They live in the kernel alone: the container's record, and the
/// config.json that exec reads, stay as create has written them.</summary>
static class Updater
{
    /// <summary>All of it, or nothing: values that were written before a refusal are put back.</summary>
    public static void Update(ContainerDirectory directory, Resources resources, Log log)
    {
        directory.Lock();
        var state = directory.Read();
        RequireAlive(directory, state);
        resources = WithCheck(directory, resources);
        var groups = ExecCgroups.Of(state.Cgroup, [], FactsReader.Read()) ?? new CgroupPlan { Layout = CgroupLayout.None, Directories = [], Writes = [] };
        var plan = Planner.Update(resources, groups, PresentValues.Read(groups, resources));
        foreach (var warning in plan.Warnings)
        {
            log.Warning(warning);
        }
        var opened = Open(plan);
        using var unit = state.Cgroup.Unit is null ? null : new UnitLimits(state.Cgroup, plan.Writes);
        using var undo = new Undo(log.Warning);
        Write(plan, opened, unit, undo);
        undo.Forget();
    }

    internal static void Write(CgroupPlan plan, int[] groups, UnitLimits? unit, Undo undo)
    {
        undo.Push("PutLimitsBack", new KeptLimits(plan, groups).PutBack);
        LimitFiles.Write(plan.Writes, plan, groups);
        if (unit is not null)
        {
            // Also to systemd, which would put back its own at the next daemon-reload. It writes them at once, and rounds.
            unit.Set();
            undo.Push("PutPropertiesBack", unit.PutBack);
            LimitFiles.Write(plan.Writes, plan, groups);
        }
    }

    static void RequireAlive(ContainerDirectory directory, ContainerState state)
    {
        var status = Status.Of(directory, state);
        if (Check.UpdateOnlyAlive.Fails(status is ContainerStatus.Stopped or ContainerStatus.Creating))
        {
            throw new StateError(ErrorCode.ContainerNotRunning, status == ContainerStatus.Stopped
                ? "container not running"
                : $"container not running: process {state.Creator.Pid} is still creating it");
        }
    }

    // What config.json has said of it goes for every update that does not say otherwise.
    static Resources WithCheck(ContainerDirectory directory, Resources resources)
    {
        if (resources.Memory is not { CheckBeforeUpdate: null } memory || memory is { Limit: null or 0, Swap: null or 0 })
        {
            return resources;
        }
        var spec = SpecReader.Read(directory.ReadConfig(), null);
        return resources with { Memory = memory with { CheckBeforeUpdate = spec.Linux.Resources.Memory?.CheckBeforeUpdate } };
    }

    static int[] Open(CgroupPlan plan)
    {
        var groups = new int[plan.Directories.Count];
        Array.Fill(groups, -1);
        foreach (var write in plan.Writes)
        {
            if (groups[write.Directory] < 0)
            {
                var path = plan.Directories[write.Directory].FullPath;
                groups[write.Directory] = Sys.Open(Native.AT_FDCWD, new CString(path), Native.O_PATH | Native.O_DIRECTORY | Native.O_NOFOLLOW)
                    .OrThrow($"cgroup: open {path}");
            }
        }
        return groups;
    }
}
