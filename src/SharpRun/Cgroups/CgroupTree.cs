using System;
using System.Collections.Generic;
using SharpRun.DBus;
using SharpRun.Linux;
using SharpRun.Parent;
using SharpRun.Planning;
using SharpRun.Systemd;

namespace SharpRun.Cgroups;

/// <summary>The container's group in every hierarchy, as create makes it. Later commands know only the paths: <see cref="RecordedCgroups"/>.</summary>
sealed class CgroupTree
{
    readonly CgroupPlan _plan;
    readonly int[] _directories;
    readonly GroupMaker _maker;
    int _unified = -1;
    List<Value> _properties = [];
    bool _hasUnit;

    CgroupTree(CgroupPlan plan)
    {
        _plan = plan;
        _maker = new GroupMaker(plan);
        _directories = new int[plan.Directories.Count];
        Array.Fill(_directories, -1);
    }

    /// <summary>The group of cgroup2 (v2 and hybrid), for CLONE_INTO_CGROUP; -1 on v1. Into the others the child writes itself.</summary>
    public int DirectoryFd => _unified;

    /// <summary>Makes the groups and writes every value; what was made is removed again by <paramref name="undo"/>. With a systemd unit all of
    /// this is done by <see cref="StartUnit"/>, when there is a process to put into it.</summary>
    public static CgroupTree Create(CgroupPlan plan, Undo undo)
    {
        var tree = new CgroupTree(plan);
        undo.Push("RemoveCgroups", tree.RemoveMade);
        if (plan.Unit is { } unit)
        {
            tree._properties = SystemdManager.Values(unit.Properties);
            undo.Push("StopUnit", tree.StopUnit);
        }
        else
        {
            tree.Fill();
        }
        return tree;
    }

    /// <summary>systemd makes the unit with its groups, and moves the process there; the rest is done here as ever.</summary>
    public void StartUnit(SystemdManager systemd, int pid)
    {
        var job = systemd.BeginStart(_plan.Unit!, _properties, pid);
        // From here on it is ours. One that was refused may be another's; and without an answer it ends with the child, which is its only process.
        _hasUnit = true;
        systemd.AwaitStart(_plan.Unit!, job);
        Fill();
        Close(ref _unified);
    }

    void StopUnit()
    {
        if (_hasUnit)
        {
            using var systemd = SystemdManager.Connect(_plan.Unit!.IsUsers);
            systemd.Stop(_plan.Unit.Name);
        }
    }

    void Fill()
    {
        try
        {
            MakeDirectories();
            LimitFiles.Write(_plan.Writes, _plan, _directories);
            if (_plan.Layout == CgroupLayout.V2 && _plan.DeviceRules is { } rules)
            {
                DeviceProgram.Attach(_directories[0], DeviceFilter.Program(rules), _plan.Directories[0].FullPath);
            }
            if (_plan.Owner is { } owner)
            {
                Ownership.Give(_directories[0], owner, _plan.Directories[0].FullPath);
            }
            _unified = TakeUnified();
        }
        finally
        {
            // CVE-2024-21626 was a descriptor of /sys/fs/cgroup that the container's first process had inherited: when it is born, none is
            // open but the one that clone3 needs.
            CloseAll();
        }
    }

    void MakeDirectories()
    {
        var written = new bool[_directories.Length];
        foreach (var write in _plan.Writes)
        {
            written[write.Directory] = true;
        }
        for (var i = 0; i < _directories.Length; i++)
        {
            var made = _maker.Made.Count;
            _directories[i] = _maker.Make(i, wanted: written[i] || IsUnified(i));
            var isNew = _maker.Made.Count > made && _maker.Made[^1].IsLeaf;
            // systemd has refused a unit that was there; in a new one there is the container's init.
            if (!isNew && _plan.Unit is null)
            {
                RefuseUnfit(_directories[i], _plan.Directories[i]);
            }
        }
    }

    bool IsUnified(int index) => _plan.Directories[index].Controllers.Length == 0;

    // Runtime specification, "cgroup path": a group that somebody uses, or a frozen one, would hold the container up or be held up by it.
    static void RefuseUnfit(int fd, CgroupDirectory directory)
    {
        ProcFiles.ReadWhole(fd, "cgroup.procs\0"u8, RecordedCgroups.LongestList, out var processes).OrThrow($"cgroup: read {directory.FullPath}/cgroup.procs");
        var count = processes.AsSpan().Count((byte)'\n');
        if (count > 0 && !Mutant.Skips("Cgroups.IsEmpty"))
        {
            throw new StateError(ErrorCode.CgroupInUse, $"container's cgroup is not empty: {count} process(es) found in {directory.FullPath}");
        }
        if (Freezer.IsFrozen(fd) && !Mutant.Skips("Cgroups.IsThawed"))
        {
            throw new StateError(ErrorCode.CgroupInUse, $"container's cgroup unexpectedly frozen: {directory.FullPath}");
        }
    }

    int TakeUnified()
    {
        for (var i = 0; i < _directories.Length; i++)
        {
            if (IsUnified(i))
            {
                var fd = _directories[i];
                _directories[i] = -1;
                return fd;
            }
        }
        return -1;
    }

    void CloseAll()
    {
        _maker.Close();
        for (var i = 0; i < _directories.Length; i++)
        {
            Close(ref _directories[i]);
        }
    }

    static void Close(ref int fd)
    {
        if (fd >= 0)
        {
            Sys.Close(fd);
            fd = -1;
        }
    }

    void RemoveMade()
    {
        var leaves = new List<string>(_maker.Made.Count);
        foreach (var (path, isLeaf) in _maker.Made)
        {
            if (isLeaf)
            {
                leaves.Add(path);
            }
        }
        RecordedCgroups.Remove(leaves);
        for (var i = _maker.Made.Count - 1; i >= 0; i--)
        {
            if (!_maker.Made[i].IsLeaf)
            {
                // Busy means that another container lives below it by now.
                Sys.UnlinkAt(Native.AT_FDCWD, new CString(_maker.Made[i].Path), Native.AT_REMOVEDIR);
            }
        }
    }
}
