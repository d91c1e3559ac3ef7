using System;
using System.Collections.Generic;
using System.Linq;
using SharpRun.Json;
using SharpRun.Layers.Drivers;
using SharpRun.LayerStore;
using SharpRun.Linux;

namespace SharpRun.Layers.Unions;

/// <summary>
/// The unions of a store: unions/NAME/{upper,work,merged,record.json} (spec/unions.md). A directory without record.json was begun and never finished,
/// or its removal was cut short: nobody but create, remove and gc look at it.
/// </summary>
sealed class UnionFolder(StorePaths paths)
{
    /// <summary>All names, also of those that are not whole.</summary>
    public IReadOnlyList<string> Names()
    {
        var unions = Entries.OpenDirectory(Native.AT_FDCWD, paths.Unions);
        if (unions.Error == Errno.ENOENT)
        {
            return [];
        }
        var names = Entries.Names(unions.OrThrow($"open {paths.Unions}"));
        Sys.Close(unions.Value);
        // Such as overlay's trial: nobody may take what has another name for a union that was left.
        return [.. names.Where(name => UnionCheck.DirectoryOfNoUnionStays.Passes(UnionName.IsValid(name)))];
    }

    /// <summary>A union that is whole.</summary>
    public Union Open(string name)
    {
        var union = TryLock(name) ?? throw new JsonError($"there is no union {name}");
        try
        {
            _ = union.Record;
            return union;
        }
        catch (Exception)
        {
            union.Dispose();
            throw;
        }
    }

    /// <summary>Without the lock: only its record and its mounts may be read. Null: there is none.</summary>
    public Union? Look(string name)
    {
        var opened = Entries.OpenDirectory(Native.AT_FDCWD, $"{paths.Unions}/{name}");
        return opened.Error == Errno.ENOENT ? null : new Union(paths, name, opened.OrThrow($"open union {name}"));
    }

    /// <summary>The directory under its lock, for which it waits. Null: there is none; without patience also: another call works at it.</summary>
    public Union? TryLock(string name, bool isPatient = true)
    {
        var parent = Entries.OpenDirectory(Native.AT_FDCWD, paths.Unions);
        if (parent.Error == Errno.ENOENT)
        {
            return null;
        }
        parent.OrThrow($"open {paths.Unions}");
        try
        {
            while (true)
            {
                var opened = Entries.OpenDirectory(parent.Value, name);
                if (opened.Error == Errno.ENOENT)
                {
                    return null;
                }
                var directory = opened.OrThrow($"open union {name}");
                var error = Sys.Flock(directory, Native.LOCK_EX | (isPatient ? 0 : Native.LOCK_NB)).Error;
                // Who had the lock before may have removed what we have waited for.
                if (UnionCheck.UnionIsLocked.Passes(error == Errno.OK)
                    && UnionCheck.LockedUnionIsStillThere.Passes(Entries.AreSame(directory, parent.Value, name)))
                {
                    return new Union(paths, name, directory);
                }
                Sys.Close(directory);
                if (error == Errno.EAGAIN)
                {
                    return null;
                }
                error.OrThrow($"lock union {name}");
            }
        }
        finally
        {
            Sys.Close(parent.Value);
        }
    }

    /// <summary>An empty directory for a new union, locked. What a killed call has left of one is removed.</summary>
    public Union Begin(string name)
    {
        var parent = Entries.MakeDirectory(paths.Unions, Native.S_IRWXU);
        try
        {
            while (true)
            {
                var error = Sys.MkdirAt(parent, ZeroTerminated.Of(name), Native.S_IRWXU);
                (error == Errno.EEXIST ? Errno.OK : error).OrThrow($"make {paths.Unions}/{name}");
                // Between the two a collection may take it for left over.
                if (TryLock(name) is not { } union)
                {
                    continue;
                }
                if (UnionCheck.NameIsFree.Fails(union.HasRecord))
                {
                    union.Dispose();
                    throw new JsonError($"create {name}: there is a union of this name");
                }
                union.Unmount(record: null);
                TreeRemover.Clear(union.Directory);
                return union;
            }
        }
        finally
        {
            Sys.Close(parent);
        }
    }

    /// <summary>Unmounted and gone, whole or not; the bytes that were freed. The record goes first: what a kill in the middle leaves is no union.</summary>
    public static long Remove(Union union)
    {
        var record = ReadableRecord(union);
        union.Unmount(record);
        var error = Sys.UnlinkAt(union.Directory, ZeroTerminated.Of(UnionRecord.FileName), 0);
        (error == Errno.ENOENT ? Errno.OK : error).OrThrow($"remove {union.Path}/{UnionRecord.FileName}");
        var bytes = record is null ? TreeRemover.Clear(union.Directory) : Driver.Of(record.Driver).Remove(union);
        Sys.UnlinkAt(Native.AT_FDCWD, ZeroTerminated.Of(union.Path), Native.AT_REMOVEDIR).OrThrow($"remove {union.Path}");
        return bytes;
    }

    // A damaged record is no reason to keep a union for ever.
    private static UnionRecord? ReadableRecord(Union union)
    {
        try
        {
            return union.TryReadRecord();
        }
        catch (JsonError)
        {
            return null;
        }
    }
}
