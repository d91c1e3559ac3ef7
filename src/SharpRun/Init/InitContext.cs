using System;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.InitStage;

/// <summary>What the clone child holds while it walks its steps: descriptors, the recorder's page, and the program's arguments,
/// all prepared by the parent before the clone.</summary>
sealed class InitContext
{
    /// <summary>An errno-less refusal: the detail in the recorder is the whole reason.</summary>
    public const Errno Refused = (Errno)4095;

    public required Recorder Recorder { get; init; }

    /// <summary>The child's end of the conversation with the parent, and the parent's end, which the child closes at once.</summary>
    public required int Sync { get; init; }
    public required int ParentSync { get; init; }

    /// <summary>The parent's connection to systemd, which the child closes at once as well; else -1.</summary>
    public int Bus { get; set; } = -1;

    /// <summary>Opened for reading and writing by the parent; start writes a byte into it.</summary>
    public required int StartFifo { get; set; }

    /// <summary>The number of the step that is being done.</summary>
    public int Step { get; set; }

    /// <summary>The namespaces to join, opened and checked by the parent, in the order of <see cref="Plan.Joins"/>.</summary>
    public int[] Namespaces { get; set; } = [];

    /// <summary>A pidfd of the container's init, for exec; else -1.</summary>
    public int Container { get; set; } = -1;

    public required StringVector Arguments { get; init; }
    public required StringVector Environment { get; init; }

    /// <summary>A kernel from 5.12 on sets mount attributes before attaching; an older one remounts by descriptor.</summary>
    public required bool HasMountSetAttr { get; init; }

    /// <summary>The mount that is to become "/"; every path of the image is resolved from it.</summary>
    public int Root { get; set; } = -1;

    /// <summary>Of <see cref="Root"/>, once it is mounted.</summary>
    public FileStatus RootStatus { get; set; }

    /// <summary>The host's /proc, held until the descriptors are closed; only where mount_setattr is missing.</summary>
    public int HostProc { get; set; } = -1;

    /// <summary>The host's null device and an empty read-only directory, which cover masked files and directories.</summary>
    public SharedMount NullDevice { get; } = new();
    public SharedMount EmptyDirectory { get; } = new();

    /// <summary>The directory of the last device that was made, so that /dev is opened once.</summary>
    public DirectoryCache Devices { get; } = new();

    /// <summary>Null: the plan has no step that runs one.</summary>
    public InitHooks? Hooks { get; set; }

    /// <summary>Where the terminal's master is sent; -1 without a terminal.</summary>
    public int ConsoleSocket { get; init; } = -1;

    public (int Master, int Slave) Terminal { get; set; } = (-1, -1);

    public bool IsInWorkingDirectory { get; set; }

    /// <summary>What <see cref="FindExecutable"/> found.</summary>
    public CString? Executable { get; set; }

    /// <summary>Leaves a word in the recorder for the error's sentence and gives the errno back.</summary>
    public Errno Failed(ReadOnlySpan<byte> detail, Errno error)
    {
        if (error != Errno.OK)
        {
            Recorder.Detail(detail);
        }
        return error;
    }

    public Errno Refuse(ReadOnlySpan<byte> detail)
    {
        Recorder.Detail(detail);
        return Refused;
    }
}

/// <summary>One mount that is attached in several places: kernels before 6.15 clone only what is attached, so the first use moves it.</summary>
sealed class SharedMount
{
    private bool _attached;

    public int Tree { get; set; } = -1;

    public Errno AttachTo(int target)
    {
        if (!_attached)
        {
            _attached = true;
            return Sys.MoveMountOnto(Tree, target);
        }
        var clone = Sys.OpenTree(Tree, ""u8, Native.AT_EMPTY_PATH | Native.OPEN_TREE_CLONE);
        if (!clone.Ok)
        {
            return clone.Error;
        }
        var error = Sys.MoveMountOnto(clone.Value, target);
        Sys.Close(clone.Value);
        return error;
    }
}

/// <summary>The last directory that was opened inside the root, kept because devices come in rows.</summary>
sealed class DirectoryCache
{
    private byte[] _path = [];
    private int _fd = -1;

    /// <summary>The O_PATH descriptor of the path's directory (made when missing), and the path's last component.</summary>
    public Result Parent(int root, RootedPath path, out ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> bytes = path.Value;
        var slash = bytes.LastIndexOf((byte)'/');
        name = bytes[(slash + 1)..];
        var directory = bytes[..slash];
        if (_fd >= 0 && directory.SequenceEqual(_path))
        {
            return Result.Of(_fd);
        }
        var zeroTerminated = new byte[Math.Max(slash, 1) + 1];
        zeroTerminated[0] = (byte)'/';
        directory.CopyTo(zeroTerminated);
        var opened = RootPath.MakeDirectories(root, zeroTerminated, 0x1ED /* 0755 */);
        if (opened.Ok)
        {
            if (_fd >= 0)
            {
                Sys.Close(_fd);
            }
            _fd = opened.Value;
            _path = directory.ToArray();
        }
        return opened;
    }
}
