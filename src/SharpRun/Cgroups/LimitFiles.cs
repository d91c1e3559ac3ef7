using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Cgroups;

/// <summary>The values of a plan on their way into the files of its groups: of create's new ones, and of those that `update` finds.</summary>
static class LimitFiles
{
    /// <summary>Writes in the plan's order. The groups are open, one a directory of the plan.</summary>
    public static void Write(IReadOnlyList<CgroupWrite> writes, CgroupPlan plan, ReadOnlySpan<int> groups)
    {
        while (true)
        {
            var refused = WriteOnce(writes, plan, groups);
            if (refused is null)
            {
                return;
            }
            if (refused.Count == writes.Count)
            {
                Throw(Errno.EINVAL, refused[0], plan, groups);
            }
            // Something else was written meanwhile, and what was refused may fit now.
            writes = refused;
        }
    }

    // Quota, period, burst and the realtime pair are checked against each other, and against those of the groups above: which may go first
    // depends on the values that are there. So one that is refused (EINVAL) waits for the others. Returns those; null when there are none.
    static List<CgroupWrite>? WriteOnce(IReadOnlyList<CgroupWrite> writes, CgroupPlan plan, ReadOnlySpan<int> groups)
    {
        List<CgroupWrite>? refused = null;
        var (directory, file, fd) = (-1, "", -1);
        try
        {
            foreach (var write in writes)
            {
                if (write.Directory != directory || write.File != file)
                {
                    Close(ref fd);
                    (directory, file) = (write.Directory, write.File);
                    fd = Open(write, plan, groups);
                }
                if (fd < 0)
                {
                    WriteOtherwise(write, plan, groups);
                    continue;
                }
                // A file stays open for all of its values: the device list is a dozen, one a call.
                var error = Sys.Write(fd, Encoding.UTF8.GetBytes(write.Value)).Error;
                if (error == Errno.EINVAL && write.File.StartsWith("cpu.", StringComparison.Ordinal))
                {
                    (refused ??= []).Add(write);
                }
                else if (error != Errno.OK)
                {
                    Throw(error, write, plan, groups);
                }
            }
        }
        finally
        {
            Close(ref fd);
        }
        return refused;
    }

    // -1: the file is not there, and need not be.
    static int Open(CgroupWrite write, CgroupPlan plan, ReadOnlySpan<int> groups)
    {
        var opened = Sys.Open(groups[write.Directory], new CString(write.File), Native.O_WRONLY | Native.O_NOFOLLOW);
        if (opened.Error == Errno.ENOENT && (write.IsOptional || write.Otherwise is not null))
        {
            return -1;
        }
        if (!opened.Ok)
        {
            Throw(opened.Error, write, plan, groups);
        }
        return opened.Value;
    }

    static void WriteOtherwise(CgroupWrite write, CgroupPlan plan, ReadOnlySpan<int> groups)
    {
        if (write.Otherwise is not { } other)
        {
            return;
        }
        var error = CgroupFile.Write(groups[write.Directory], new CString(other.File), Encoding.UTF8.GetBytes(other.Value));
        if (error != Errno.OK)
        {
            Throw(error, error == Errno.ENOENT ? write : write with { File = other.File, Value = other.Value }, plan, groups);
        }
    }

    // docker makes exit status 127 of "no such file or directory", wherever it stands: a file that is missing is said in other words.
    static void Throw(Errno error, CgroupWrite write, CgroupPlan plan, ReadOnlySpan<int> groups)
    {
        if (error == Errno.ENOENT)
        {
            var problem = IsMissing(write, plan, groups, out var controller)
                ? $"the cgroup controller \"{controller}\" is not available in {plan.Directories[write.Directory].FullPath}"
                : $"this kernel has no {write.File}{(write.Otherwise is { } other ? $" and no {other.File}" : "")}";
            throw new SpecError(write.JsonPath, problem) { IsUnsupported = true };
        }
        var act = $"cgroup: write \"{write.Value}\" to {plan.Directories[write.Directory].FullPath}/{write.File} ({write.JsonPath})";
        if (error == Errno.EBUSY && write.File.StartsWith("memory.", StringComparison.Ordinal))
        {
            CgroupFile.Read(groups[write.Directory], "memory.usage_in_bytes", out var usage);
            CgroupFile.Read(groups[write.Directory], "memory.max_usage_in_bytes", out var peak);
            act = $"unable to set memory limit to {write.Value} (current usage: {usage}, peak usage: {peak}): {act}";
        }
        error.Throw(act);
    }

    // On v2 a controller's files are in a group only when the groups above hand it on.
    static bool IsMissing(CgroupWrite write, CgroupPlan plan, ReadOnlySpan<int> groups, out string controller)
    {
        controller = write.File[..write.File.IndexOf('.', StringComparison.Ordinal)];
        return plan.Layout == CgroupLayout.V2 && controller != "cgroup"
            && CgroupFile.Read(groups[write.Directory], "cgroup.controllers", out var text) == Errno.OK
            && Array.IndexOf(text.Split(' '), controller) < 0;
    }

    static void Close(ref int fd)
    {
        if (fd >= 0)
        {
            Sys.Close(fd);
            fd = -1;
        }
    }
}
