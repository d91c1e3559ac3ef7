using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.Linux;
using SharpRun.Parent;
using SharpRun.Planning;

namespace SharpRun.Cgroups;

/// <summary>The container's group in every hierarchy, as create makes it. Later commands know only the paths: <see cref="RecordedCgroups"/>.</summary>
sealed class CgroupTree
{
    // mkdirat after a parent was found may fail because another container's end has just removed that parent.
    const int Attempts = 8;

    readonly CgroupPlan _plan;
    readonly int[] _directories;
    readonly List<(string Path, bool IsLeaf)> _made = [];

    CgroupTree(CgroupPlan plan)
    {
        _plan = plan;
        _directories = new int[plan.Directories.Count];
        Array.Fill(_directories, -1);
    }

    /// <summary>The group of cgroup2 (v2 and hybrid), for CLONE_INTO_CGROUP; -1 on v1. Into the others the child writes itself.</summary>
    public int DirectoryFd { get; private set; } = -1;

    /// <summary>Makes the groups and writes every value; what was made is removed again by <paramref name="undo"/>.</summary>
    public static CgroupTree Create(CgroupPlan plan, Undo undo)
    {
        var tree = new CgroupTree(plan);
        undo.Push("RemoveCgroups", tree.RemoveMade);
        try
        {
            for (var i = 0; i < plan.Directories.Count; i++)
            {
                tree.MakeDirectory(i);
            }
            tree.WriteValues();
            if (plan.Layout == CgroupLayout.V2 && plan.DeviceRules is { } rules)
            {
                DeviceProgram.Attach(tree._directories[0], DeviceFilter.Program(rules), plan.Directories[0].FullPath);
            }
            tree.DirectoryFd = tree.TakeUnified();
        }
        finally
        {
            // R15: no descriptor of the host's cgroups is open in the container's process but the one that clone3 needs.
            tree.CloseAll();
        }
        return tree;
    }

    /// <summary>How many processes of the container the kernel has killed for want of memory.</summary>
    public long OomKills()
    {
        foreach (var directory in _plan.Directories)
        {
            var file = _plan.Layout == CgroupLayout.V2 ? "memory.events" : "memory.oom_control";
            if (CgroupFile.Read(Native.AT_FDCWD, $"{directory.FullPath}/{file}", out var text) == Errno.OK)
            {
                return Number(text, "oom_kill ");
            }
        }
        return 0;
    }

    void MakeDirectory(int index)
    {
        var directory = _plan.Directories[index];
        var opened = Sys.Open(Native.AT_FDCWD, new CString(directory.MountPoint), Native.O_PATH | Native.O_DIRECTORY);
        var root = opened.OrThrow($"cgroup: open {directory.MountPoint}");
        try
        {
            var controllers = _plan.Layout == CgroupLayout.V2 ? Controllers.Of(root, _plan) : null;
            for (var attempt = 1; _directories[index] < 0; attempt++)
            {
                var error = MakeLeaf(root, index, controllers, out var isNew);
                if (error == Errno.OK)
                {
                    Prepare(root, index, isNew);
                }
                else if (error != Errno.ENOENT || attempt == Attempts)
                {
                    error.Throw($"cgroup: make {directory.FullPath}");
                }
            }
        }
        finally
        {
            Sys.Close(root);
        }
    }

    Errno MakeLeaf(int root, int index, Controllers? controllers, out bool isNew)
    {
        var directory = _plan.Directories[index];
        isNew = false;
        var parentPath = directory.Path[..directory.Path.LastIndexOf('/')];
        var parent = OpenParent(root, directory.MountPoint, parentPath, controllers);
        if (!parent.Ok)
        {
            return parent.Error;
        }
        CString name = directory.Path[(parentPath.Length + 1)..];
        var error = Make(parent.Value, name, directory.FullPath, isLeaf: true);
        if (error is Errno.OK or Errno.EEXIST)
        {
            isNew = error == Errno.OK;
            var opened = OpenBelow(parent.Value, name);
            error = opened.Error;
            _directories[index] = opened.Ok ? opened.Value : -1;
        }
        Sys.Close(parent.Value);
        return error;
    }

    /// <summary>The directory above the leaf. It usually exists with all controllers on, which one call and one look show.</summary>
    Result OpenParent(int root, string mountPoint, string path, Controllers? controllers)
    {
        var opened = OpenBelow(root, path.Length == 0 ? "." : path[1..]);
        if (opened.Ok && controllers?.AreOn(opened.Value) == false)
        {
            Sys.Close(opened.Value);
        }
        else if (opened.Ok || opened.Error != Errno.ENOENT)
        {
            return opened;
        }
        return Walk(root, mountPoint, path, controllers);
    }

    /// <summary>Component by component from the mount point: makes what is missing and, on v2, hands the controllers down.</summary>
    Result Walk(int root, string mountPoint, string path, Controllers? controllers)
    {
        var current = OpenBelow(root, ".");
        for (var start = 0; current.Ok; )
        {
            controllers?.TurnOn(current.Value, mountPoint + path[..start]);
            if (start == path.Length)
            {
                return current;
            }
            var end = path.IndexOf('/', start + 1);
            end = end < 0 ? path.Length : end;
            CString name = path[(start + 1)..end];
            var next = OpenBelow(current.Value, name);
            if (next.Error == Errno.ENOENT)
            {
                var error = Make(current.Value, name, mountPoint + path[..end], isLeaf: false);
                next = error is Errno.OK or Errno.EEXIST ? OpenBelow(current.Value, name) : Result.Failed(error);
            }
            Sys.Close(current.Value);
            (current, start) = (next, end);
        }
        return current;
    }

    Errno Make(int parent, CString name, string fullPath, bool isLeaf)
    {
        var error = Sys.MkdirAt(parent, name, 0x1ED /* 0755 */);
        if (error == Errno.OK)
        {
            _made.Add((fullPath, isLeaf));
        }
        return error;
    }

    static Result OpenBelow(int directory, CString path) =>
        Sys.OpenAt2(directory, path, Native.O_PATH | Native.O_DIRECTORY, 0, Native.RESOLVE_BENEATH | Native.RESOLVE_NO_SYMLINKS);

    void Prepare(int root, int index, bool isNew)
    {
        var directory = _plan.Directories[index];
        if (!isNew)
        {
            RefuseUnfit(_directories[index], directory);
        }
        if (directory.Controllers.Contains("cpuset", StringComparison.Ordinal))
        {
            Cpuset.Fill(root, directory.MountPoint, directory.Path, isNew);
        }
    }

    // Runtime specification, "cgroup path": a group that somebody uses, or a frozen one, would hold the container up or be held up by it.
    static void RefuseUnfit(int fd, CgroupDirectory directory)
    {
        ProcFiles.ReadWhole(fd, "cgroup.procs\0"u8, RecordedCgroups.LongestList, out var processes).OrThrow($"cgroup: read {directory.FullPath}/cgroup.procs");
        var count = processes.AsSpan().Count((byte)'\n');
        if (count > 0 && !Mutant.Skips("Cgroups.IsEmpty"))
        {
            throw new StateError($"container's cgroup is not empty: {count} process(es) found in {directory.FullPath}");
        }
        if (Freezer.IsFrozen(fd) && !Mutant.Skips("Cgroups.IsThawed"))
        {
            throw new StateError($"container's cgroup unexpectedly frozen: {directory.FullPath}");
        }
    }

    void WriteValues()
    {
        var (directory, file, fd) = (-1, "", -1);
        try
        {
            foreach (var write in _plan.Writes)
            {
                if (write.Directory != directory || write.File != file)
                {
                    Close(ref fd);
                    (directory, file) = (write.Directory, write.File);
                    var opened = Sys.Open(_directories[directory], new CString(file), Native.O_WRONLY | Native.O_NOFOLLOW);
                    if (opened.Error == Errno.ENOENT && SaysNoLimit(write))
                    {
                        continue;
                    }
                    Require(opened.Error, write);
                    fd = opened.Value;
                }
                // A file stays open for all of its values: the device list is a dozen, one a call.
                Require(Sys.Write(fd, Encoding.UTF8.GetBytes(write.Value)).Error, write);
            }
        }
        finally
        {
            Close(ref fd);
        }
    }

    void Require(Errno error, CgroupWrite write)
    {
        if (error != Errno.OK)
        {
            error.Throw($"cgroup: write \"{write.Value}\" to {_plan.Directories[write.Directory].FullPath}/{write.File} ({write.JsonPath})");
        }
    }

    // A kernel that does not count swap lacks these files. It limits none either, and without swap accounting managers still send "no swap".
    static bool SaysNoLimit(CgroupWrite write) =>
        write is { File: "memory.swap.max", Value: "max" or "0" } or { File: "memory.memsw.limit_in_bytes", Value: "-1" };

    int TakeUnified()
    {
        for (var i = 0; i < _directories.Length; i++)
        {
            if (_plan.Directories[i].Controllers.Length == 0)
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
        var leaves = new List<string>(_made.Count);
        foreach (var (path, isLeaf) in _made)
        {
            if (isLeaf)
            {
                leaves.Add(path);
            }
        }
        RecordedCgroups.Remove(leaves);
        for (var i = _made.Count - 1; i >= 0; i--)
        {
            if (!_made[i].IsLeaf)
            {
                // Busy means that another container lives below it by now.
                Sys.UnlinkAt(Native.AT_FDCWD, new CString(_made[i].Path), Native.AT_REMOVEDIR);
            }
        }
    }

    static long Number(string text, string key)
    {
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith(key, StringComparison.Ordinal) && long.TryParse(line.AsSpan(key.Length), out var number))
            {
                return number;
            }
        }
        return 0;
    }
}
