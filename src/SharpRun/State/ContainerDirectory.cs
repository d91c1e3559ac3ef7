using System;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.State;

/// <summary>$root/ID: state.json, config.json, exec.fifo, recorder. Held open; its files are reached by descriptor, and it is removed by descriptor.</summary>
sealed class ContainerDirectory(StateRoot root, string id, int fd) : IDisposable
{
    private const int StateLimit = 16 << 20;
    private const int ConfigLimit = 64 << 20;
    private const int LockPause = 10; // milliseconds
    private const int LockAttempts = 3000;

    public string Id { get; } = id;

    public int Fd { get; } = fd;

    /// <summary>One changing command at a time. A creator does not lock: the claim is its own.</summary>
    public void Lock()
    {
        if (!TryLock())
        {
            throw StateError.NotFound;
        }
    }

    public void Unlock() => Sys.Flock(Fd, Native.LOCK_UN);

    /// <summary>False: who held the lock has deleted the container, and perhaps somebody has created another one of the same id.</summary>
    public bool TryLock()
    {
        for (var attempt = 0; ; attempt++)
        {
            var locked = Sys.Flock(Fd, Native.LOCK_EX | Native.LOCK_NB);
            if (locked.Ok)
            {
                return !Check.DirectoryIsStillTheSame.Fails(!IsStillThere());
            }
            if (locked.Error != Errno.EAGAIN || attempt == LockAttempts)
            {
                locked.Error.Throw($"lock container {Id}");
            }
            Sys.Poll([], LockPause);
        }
    }

    /// <summary>What is on disk; an error when it is missing or damaged.</summary>
    public ContainerState Read() =>
        TryRead(out var isDamaged) is { } state && !isDamaged
            ? state
            : throw (isDamaged
                ? new StateError(ErrorCode.ContainerDamaged, $"{StateFile.Name} of container {Id} is damaged (delete --force removes it)")
                : StateError.NotFound);

    /// <summary>Null when there is no state.json. Of a damaged one, what could be read.</summary>
    public ContainerState? TryRead(out bool isDamaged)
    {
        isDamaged = false;
        var error = ProcFiles.ReadWhole(Fd, "state.json"u8, StateLimit, out var bytes);
        if (error == Errno.ENOENT)
        {
            return null;
        }
        // A directory, a link, a fifo or a device, a socket, or more than anybody writes.
        if (error is Errno.EISDIR or Errno.ELOOP or Errno.EINVAL or Errno.ENXIO or Errno.EFBIG)
        {
            isDamaged = true;
            return new ContainerState { Id = Id };
        }
        // What cannot be read now is not damaged: a forced delete would forget the processes and groups that it names.
        error.OrThrow($"read {StateFile.Name} of container {Id}");
        return StateFile.Parse(bytes, Id, out isDamaged);
    }

    /// <summary>A reader sees the old or the new record, never half of one. No fsync: after a crash of the host there is no container.</summary>
    public void Write(ContainerState state)
    {
        Write("state.new"u8, Native.O_TRUNC, StateFile.Bytes(state)).OrThrow($"write the state of {Id}");
        Sys.RenameAt(Fd, "state.new"u8, Fd, "state.json"u8).OrThrow($"write the state of {Id}");
    }

    /// <summary>The bundle's document as create has read it: the bundle may be gone, or another, when exec wants to know.
    /// Written while the child is busy, and would have to be waited for.</summary>
    public void WriteConfig(ReadOnlySpan<byte> config) => Write("config.json"u8, Native.O_EXCL, config).OrThrow($"keep the config.json of {Id}");

    private Errno Write(ReadOnlySpan<byte> name, int flags, ReadOnlySpan<byte> bytes)
    {
        var file = Sys.Open(Fd, name, Native.O_WRONLY | Native.O_CREAT | Native.O_NOFOLLOW | flags, 0x180 /* 0600 */);
        if (!file.Ok)
        {
            return file.Error;
        }
        var error = Sys.WriteAll(file.Value, bytes);
        Sys.Close(file.Value);
        return error;
    }

    public byte[] ReadConfig()
    {
        ProcFiles.ReadWhole(Fd, "config.json"u8, ConfigLimit, out var config).OrThrow($"read the config.json of container {Id}");
        return config;
    }

    /// <summary>The fifo that init holds open, in both directions, until it executes the program. Returns that descriptor.</summary>
    public int MakeStartFifo()
    {
        Sys.MknodAt(Fd, "exec.fifo"u8, Native.S_IFIFO | 0x180 /* 0600 */, 0, 0).OrThrow("make exec.fifo");
        return Sys.Open(Fd, "exec.fifo"u8, Native.O_RDWR | Native.O_NOFOLLOW).OrThrow("open exec.fifo");
    }

    /// <summary>The writing end, or -1: nobody waits at the other, because init has executed the program, or is gone.</summary>
    public int OpenStartFifo()
    {
        var opened = Sys.Open(Fd, "exec.fifo"u8, Native.O_WRONLY | Native.O_NONBLOCK | Native.O_NOFOLLOW);
        return opened.Error is Errno.ENXIO or Errno.ENOENT ? -1 : opened.OrThrow("open exec.fifo");
    }

    public bool IsWaitingForStart()
    {
        var fifo = OpenStartFifo();
        if (fifo >= 0)
        {
            Sys.Close(fifo);
        }
        return fifo >= 0;
    }

    public void RemoveStartFifo() => Sys.UnlinkAt(Fd, "exec.fifo"u8, 0);

    /// <summary>Last of all: the record is gone, and the id free. False when another command has removed it.</summary>
    public bool Remove()
    {
        if (!IsStillThere())
        {
            return false;
        }
        DirectoryContents.Clear(Fd).OrThrow($"empty the state directory of {Id}");
        var error = Sys.UnlinkAt(root.Fd, new CString(Id), Native.AT_REMOVEDIR);
        if (error is not (Errno.OK or Errno.ENOENT))
        {
            error.Throw($"remove the state directory of {Id}");
        }
        return error == Errno.OK;
    }

    /// <summary>Closes the directory; the root stays open.</summary>
    public void Close() => Sys.Close(Fd);

    public void Dispose()
    {
        Close();
        root.Dispose();
    }

    /// <summary>The owner's uid, for list.</summary>
    public uint Owner() => Sys.Stat(Fd, ""u8, Native.AT_EMPTY_PATH, out var status) == Errno.OK ? status.Uid : 0;

    /// <summary>The same inode under the same name. Throws when that cannot be known: a container must not pass for a deleted one.</summary>
    public bool IsStillThere()
    {
        Sys.Stat(Fd, ""u8, Native.AT_EMPTY_PATH, out var held).OrThrow($"look at the state directory of {Id}");
        var error = Sys.Stat(root.Fd, new CString(Id), Native.AT_SYMLINK_NOFOLLOW, out var named);
        if (error == Errno.ENOENT)
        {
            return false;
        }
        error.OrThrow($"look at the state directory of {Id}");
        return held.IsSameFile(named);
    }
}
