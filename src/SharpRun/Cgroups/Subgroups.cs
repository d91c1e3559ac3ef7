using System;
using System.Collections.Generic;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Cgroups;

/// <summary>The groups that a container made below its own. Their names and their depth are the container's choice.</summary>
static class Subgroups
{
    /// <summary>A container may nest its groups as deep as it likes; a process that hides below this depth makes the removal fail, by name.</summary>
    public const int Deepest = 100;

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
        // Down into each that is busy, up again by "..": one descriptor and no recursion, whatever the depth; each name once, whatever the
        // breadth. A kernel directory's ".." is its parent for ever, since groups cannot be moved.
        var current = opened.Value;
        var names = Of(current);
        var way = new Stack<(byte[] Name, List<byte[]> Siblings)>();
        while (names.Count > 0 || way.Count > 0)
        {
            Errno error;
            if (names.Count > 0)
            {
                var name = names[^1];
                names.RemoveAt(names.Count - 1);
                if (IsGone(Sys.UnlinkAt(current, name, Native.AT_REMOVEDIR)))
                {
                    continue;
                }
                error = Move(ref current, name);
                if (error == Errno.OK)
                {
                    way.Push((name, names));
                    names = Of(current);
                }
                if (IsGone(error))
                {
                    continue;
                }
            }
            else
            {
                (var name, names) = way.Pop();
                error = Move(ref current, "..\0"u8);
                if (error == Errno.OK && IsGone(error = Sys.UnlinkAt(current, name, Native.AT_REMOVEDIR)))
                {
                    continue;
                }
            }
            Sys.Close(current);
            return error;
        }
        Sys.Close(current);
        return Errno.OK;
    }

    static bool IsGone(Errno error) => error is Errno.OK or Errno.ENOENT;

    static Errno Move(ref int directory, ReadOnlySpan<byte> name)
    {
        var opened = Open(directory, name);
        if (opened.Ok)
        {
            Sys.Close(directory);
            directory = opened.Value;
        }
        return opened.Error;
    }

    /// <summary>A group, to look at what is in it.</summary>
    public static Result Open(int directory, ReadOnlySpan<byte> path) =>
        Sys.Open(directory, path, Native.O_RDONLY | Native.O_DIRECTORY | Native.O_NOFOLLOW);
}
