using System;
using System.Collections.Generic;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Cgroups;

/// <summary>The groups that a container made below its own. Their names and their depth are the container's choice.</summary>
static class Subgroups
{
    /// <summary>The groups directly below; each name with its final zero.</summary>
    public static List<byte[]> Of(int directory)
    {
        const byte isDirectory = 4; // DT_DIR
        var names = new List<byte[]>();
        var buffer = new byte[8192];
        Result read;
        while ((read = Sys.GetDents(directory, buffer)) is { Ok: true, Value: > 0 })
        {
            var records = new DirectoryRecords(buffer.AsSpan(0, read.Value));
            while (records.MoveNext())
            {
                if (records.CurrentType == isDirectory)
                {
                    names.Add([.. records.Current, 0]);
                }
            }
        }
        return names;
    }

    /// <summary>Removes everything below a group, from the leaves; EBUSY when one of them still has processes.</summary>
    public static Errno Remove(CString path)
    {
        var opened = Open(Native.AT_FDCWD, path);
        if (!opened.Ok)
        {
            return opened.Error;
        }
        // Down into the first that is busy, up again by "..": one descriptor, no recursion, whatever the depth. A kernel directory's ".."
        // is its parent for ever, since groups cannot be moved.
        var current = opened.Value;
        var way = new Stack<byte[]>();
        while (true)
        {
            var busy = RemoveLeaves(current);
            if (busy is null && way.Count == 0)
            {
                Sys.Close(current);
                return Errno.OK;
            }
            var next = Open(current, busy ?? "..\0"u8);
            Sys.Close(current);
            if (!next.Ok)
            {
                return next.Error;
            }
            current = next.Value;
            if (busy is not null)
            {
                way.Push(busy);
                continue;
            }
            var error = Sys.UnlinkAt(current, way.Pop(), Native.AT_REMOVEDIR);
            if (error is not (Errno.OK or Errno.ENOENT))
            {
                Sys.Close(current);
                return error;
            }
        }
    }

    /// <summary>Removes the groups directly below that have nothing in them; gives the first that could not be removed.</summary>
    static byte[]? RemoveLeaves(int directory)
    {
        byte[]? busy = null;
        foreach (var name in Of(directory))
        {
            var error = Sys.UnlinkAt(directory, name, Native.AT_REMOVEDIR);
            if (error is not (Errno.OK or Errno.ENOENT))
            {
                busy ??= name;
            }
        }
        return busy;
    }

    static Result Open(int directory, ReadOnlySpan<byte> path) =>
        Sys.Open(directory, path, Native.O_RDONLY | Native.O_DIRECTORY | Native.O_NOFOLLOW);
}
