using System;
using System.Collections.Generic;
using System.Linq;
using SharpRun.Json;
using SharpRun.Layers.Drivers;
using SharpRun.LayerStore;
using SharpRun.Linux;

namespace SharpRun.Layers.Unions;

/// <summary>unions/NAME under an exclusive flock(2) of the directory.</summary>
sealed class Union : IDisposable
{
    public const string Merged = "merged";

    private const string NewRecord = ".record.json.new";
    private const int FileMode = 0x180; // 0600

    private UnionRecord? _record;

    internal Union(StorePaths paths, string name, int directory) => (Paths, Name, Directory) = (paths, name, directory);

    public StorePaths Paths { get; }

    public string Name { get; }

    /// <summary>Absolute.</summary>
    public string Path => $"{Paths.Unions}/{Name}";

    /// <summary>Where it is mounted when nothing else is said.</summary>
    public string OwnTarget => $"{Path}/{Merged}";

    /// <summary>A descriptor that can be listed.</summary>
    public int Directory { get; }

    /// <summary>Of a union that is whole.</summary>
    public UnionRecord Record => _record ??= TryReadRecord()
        ?? throw new JsonError($"union {Name} was begun and never finished: create it again, or remove it");

    public Driver Driver => Driver.Of(Record.Driver);

    /// <summary>Null: its making, or its removal, was cut short.</summary>
    public UnionRecord? TryReadRecord() =>
        Entries.TryRead(Directory, UnionRecord.FileName) is { } json ? UnionRecord.Parse(json, $"{Path}/{UnionRecord.FileName}") : null;

    public bool HasRecord => Sys.Stat(Directory, ZeroTerminated.Of(UnionRecord.FileName), Native.AT_SYMLINK_NOFOLLOW, out _) == Errno.OK;

    /// <summary>The whole of the new one or the whole of the old one is there, also after a power cut. Everything else that was made in the union's
    /// directory is on the disk before.</summary>
    public void WriteRecord(UnionRecord record)
    {
        Sys.UnlinkAt(Directory, ZeroTerminated.Of(NewRecord), 0);
        var file = Sys.Open(Directory, ZeroTerminated.Of(NewRecord), Native.O_WRONLY | Native.O_CREAT | Native.O_EXCL | Native.O_NOFOLLOW, FileMode)
            .OrThrow($"make {Path}/{NewRecord}");
        var error = Sys.WriteAll(file, record.ToJson());
        error = error == Errno.OK ? Sys.Fsync(file) : error;
        Sys.Close(file);
        error.OrThrow($"write {Path}/{NewRecord}");
        Sys.RenameAt(Directory, ZeroTerminated.Of(NewRecord), Directory, ZeroTerminated.Of(UnionRecord.FileName)).OrThrow($"write {Path}/{UnionRecord.FileName}");
        Sys.Fsync(Directory).OrThrow($"write {Path} to the disk");
        _record = record;
    }

    /// <summary>Where it is mounted in our mount namespace, the last mount last. Without a record it may be any driver's.</summary>
    public IReadOnlyList<MountEntry> Mounts(UnionRecord? record)
    {
        IReadOnlyList<Driver> drivers = record is null ? Driver.All : [Driver.Of(record.Driver)];
        return [.. MountTable.Read().Where(mount => drivers.Any(driver => driver.IsMountOf(this, mount)))];
    }

    /// <summary>All that is mounted of it, in our mount namespace.</summary>
    public void Unmount(UnionRecord? record)
    {
        foreach (var mount in Mounts(record).Reverse())
        {
            if (UnionCheck.MountIsOnTop.Fails(!IsOnTop(mount)))
            {
                throw new JsonError($"unmount {Name}: something else is mounted over it on {mount.Point}");
            }
            var error = Sys.Umount(ZeroTerminated.Of(mount.Point), Native.UMOUNT_NOFOLLOW);
            if (UnionCheck.MountIsIdle.Fails(error == Errno.EBUSY))
            {
                throw new JsonError($"unmount {Name}: {mount.Point} is in use: a process works in it, or something is mounted below it");
            }
            error.OrThrow($"unmount {Name} from {mount.Point}");
        }
    }

    // umount(2) takes whatever is the last on a directory.
    private static bool IsOnTop(MountEntry mount) =>
        Sys.Stat(Native.AT_FDCWD, ZeroTerminated.Of(mount.Point), Native.AT_SYMLINK_NOFOLLOW, out var status) == Errno.OK && status.MountId == mount.Id;

    /// <summary>A directory in it, O_RDONLY, which is made when it is missing. Its caller closes it.</summary>
    public int MakeDirectory(string name, uint mode)
    {
        var error = Sys.MkdirAt(Directory, ZeroTerminated.Of(name), mode);
        (error == Errno.EEXIST ? Errno.OK : error).OrThrow($"make {Path}/{name}");
        return OpenDirectory(name);
    }

    public void MakeOwnTarget() => Sys.Close(MakeDirectory(Merged, Native.S_IRWXU));

    public int OpenDirectory(string name) => Entries.OpenDirectory(Directory, name).OrThrow($"open {Path}/{name}");

    public void Dispose() => Sys.Close(Directory);
}
