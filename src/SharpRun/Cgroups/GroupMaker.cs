using System;
using System.Collections.Generic;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Cgroups;

/// <summary>
/// Makes the directories of a plan, each below a descriptor and through no link (R30: openat2 with BENEATH and NO_SYMLINKS). The descriptor is
/// that of the directory that holds the mount points ("/sys/fs/cgroup"), so that one call reaches the parent of a group in any hierarchy.
/// </summary>
sealed class GroupMaker(CgroupPlan plan)
{
    // A parent that was there a moment ago may be gone when the group is made in it: another container's end has removed it.
    const int Attempts = 8;

    string _holderPath = "";
    int _holder = -1;

    /// <summary>What was not there before, in the order in which it was made.</summary>
    public List<(string Path, bool IsLeaf)> Made { get; } = [];

    /// <summary>Makes the group of one hierarchy. Gives an O_PATH descriptor of it, or -1 when it is new and none is <paramref name="wanted"/>.</summary>
    public int Make(int index, bool wanted)
    {
        var directory = plan.Directories[index];
        var slash = directory.MountPoint.LastIndexOf('/');
        OpenHolder(directory.MountPoint[..slash]);
        var hierarchy = directory.MountPoint[(slash + 1)..];
        var controllers = plan.Layout == CgroupLayout.V2 ? Controllers.Of(_holder, hierarchy, plan) : null;
        for (var attempt = 1; ; attempt++)
        {
            var result = MakeLeaf(hierarchy, directory, controllers, ref wanted, out var isNew);
            if (result.Error != Errno.ENOENT || attempt == Attempts)
            {
                result.OrThrow($"cgroup: make {directory.FullPath}");
                if (directory.Controllers.Contains("cpuset", StringComparison.Ordinal))
                {
                    Cpuset.Fill(_holder, _holderPath, hierarchy, directory.Path, isNew);
                }
                return wanted ? result.Value : -1;
            }
        }
    }

    public void Close()
    {
        if (_holder >= 0)
        {
            Sys.Close(_holder);
        }
    }

    void OpenHolder(string path)
    {
        if (path == _holderPath)
        {
            return;
        }
        Close();
        _holderPath = path;
        _holder = Sys.Open(Native.AT_FDCWD, new CString(path + "/"), Native.O_PATH | Native.O_DIRECTORY).OrThrow($"cgroup: open {path}");
    }

    Result MakeLeaf(string hierarchy, CgroupDirectory directory, Controllers? controllers, ref bool wanted, out bool isNew)
    {
        isNew = false;
        var slash = directory.Path.LastIndexOf('/');
        var parent = OpenParent(hierarchy, directory.Path[..slash], controllers);
        if (!parent.Ok)
        {
            return parent;
        }
        CString name = directory.Path[(slash + 1)..];
        var error = MakeOne(parent.Value, name, directory.FullPath, isLeaf: true);
        var result = error is Errno.OK or Errno.EEXIST ? Result.Of(0) : Result.Failed(error);
        isNew = error == Errno.OK;
        wanted |= error == Errno.EEXIST;
        if (result.Ok && wanted)
        {
            result = OpenBelow(parent.Value, name);
        }
        Sys.Close(parent.Value);
        return result;
    }

    /// <summary>The directory above the group. It usually exists, and on v2 with all controllers on, which one look shows.</summary>
    Result OpenParent(string hierarchy, string path, Controllers? controllers)
    {
        var opened = OpenBelow(_holder, hierarchy + path);
        if (opened.Ok && controllers?.AreOn(opened.Value) == false)
        {
            Sys.Close(opened.Value);
        }
        else if (opened.Ok || opened.Error != Errno.ENOENT)
        {
            return opened;
        }
        return Walk(hierarchy, path, controllers);
    }

    /// <summary>Component by component from the mount point: makes what is missing and, on v2, hands the controllers down.</summary>
    Result Walk(string hierarchy, string path, Controllers? controllers)
    {
        var mountPoint = $"{_holderPath}/{hierarchy}";
        var current = OpenBelow(_holder, hierarchy);
        for (var start = 0; current.Ok;)
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
                var error = MakeOne(current.Value, name, mountPoint + path[..end], isLeaf: false);
                next = error is Errno.OK or Errno.EEXIST ? OpenBelow(current.Value, name) : Result.Failed(error);
            }
            Sys.Close(current.Value);
            (current, start) = (next, end);
        }
        return current;
    }

    Errno MakeOne(int parent, CString name, string fullPath, bool isLeaf)
    {
        var error = Sys.MkdirAt(parent, name, 0x1ED /* 0755 */);
        if (error == Errno.OK)
        {
            Made.Add((fullPath, isLeaf));
        }
        return error;
    }

    static Result OpenBelow(int directory, CString path) =>
        Sys.OpenAt2(directory, path, Native.O_PATH | Native.O_DIRECTORY, 0, Native.RESOLVE_BENEATH | Native.RESOLVE_NO_SYMLINKS);
}
