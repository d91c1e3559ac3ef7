using System;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.InitStage;

static partial class Verbs
{
    // pts(4): the ptmx of a devpts always has this inode number, and this device number.
    private const ulong PtmxInode = 2;
    private const uint PtmxMajor = 5, PtmxMinor = 2;

    // After the pivot, on the container's own devpts, and by descriptors alone: the slave is opened by the master (TIOCGPTPEER), since a name
    // such as /dev/pts/0 may be swapped (R8, CVE-2025-52565).
    private static Errno OpenTerminal(InitContext context, OpenTerminal open)
    {
        var master = OpenPtmx(context);
        if (!master.Ok)
        {
            return master.Error;
        }
        var slave = Sys.OpenTerminalPeer(master.Value);
        if (!slave.Ok)
        {
            return context.Failed("open its slave"u8, slave.Error);
        }
        context.Terminal = (master.Value, slave.Value);
        var error = open.Rows != 0 && open.Columns != 0
            ? context.Failed("set its size"u8, Sys.SetWindowSize(master.Value, new WindowSize { Rows = open.Rows, Columns = open.Columns }))
            : Errno.OK;
        for (var fd = 0; error == Errno.OK && fd <= 2; fd++)
        {
            error = Sys.DupInherited(slave.Value, fd).Error;
        }
        return error == Errno.OK ? context.Failed("make it the session's"u8, Sys.SetControllingTerminal(0)) : error;
    }

    // Nothing is opened as a device before it is known to be in a devpts: the image might have put a real one there.
    private static Result OpenPtmx(InitContext context)
    {
        var directory = RootPath.Open(context.Root, "/dev/pts"u8, Native.O_PATH | Native.O_DIRECTORY);
        var error = directory.Error;
        long magic = 0;
        if (error == Errno.OK)
        {
            error = Sys.StatFs(directory.Value, out magic);
        }
        if (error is Errno.ENOENT or Errno.ENOTDIR or Errno.OK && Check.TerminalIsOnDevpts.Fails(magic != Native.DEVPTS_SUPER_MAGIC))
        {
            return Result.Failed(context.Refuse("no devpts is mounted at /dev/pts"u8));
        }
        if (error != Errno.OK)
        {
            return Fail(context, "/dev/pts"u8, error);
        }
        var master = Sys.Open(directory.Value, "ptmx"u8, Native.O_RDWR | Native.O_NOCTTY | Native.O_NOFOLLOW);
        Sys.Close(directory.Value);
        if (!master.Ok)
        {
            return Fail(context, "/dev/pts/ptmx"u8, master.Error);
        }
        return Check.PtmxIsOfDevpts.Fails(!IsPtmx(master.Value))
            ? Result.Failed(context.Refuse("/dev/pts/ptmx is not that of the devpts"u8))
            : master;
    }

    private static bool IsPtmx(int fd) =>
        Sys.StatFs(fd, out var magic) == Errno.OK && magic == Native.DEVPTS_SUPER_MAGIC
        && Sys.Stat(fd, ""u8, Native.AT_EMPTY_PATH, out var status) == Errno.OK
        && status is { IsCharDevice: true, Ino: PtmxInode, RdevMajor: PtmxMajor, RdevMinor: PtmxMinor };

    private static Errno BindConsole(InitContext context)
    {
        var directory = context.Devices.Parent(context.Root, s_console, out var name);
        if (!directory.Ok)
        {
            return directory.Error;
        }
        var target = MadeFile(directory.Value, name, 0x1B6 /* 0666 */);
        if (!target.Ok)
        {
            return context.Failed("make it"u8, target.Error);
        }
        var error = Sys.Stat(target.Value, ""u8, Native.AT_EMPTY_PATH, out var status);
        if (error == Errno.OK && Check.ConsoleIsNoLink.Fails(status.IsSymlink))
        {
            return context.Refuse("it is a symbolic link of the image"u8);
        }
        var tree = error == Errno.OK
            ? Sys.OpenTree(context.Terminal.Slave, ""u8, Native.AT_EMPTY_PATH | Native.OPEN_TREE_CLONE)
            : Result.Failed(error);
        error = tree.Ok ? Sys.MoveMountOnto(tree.Value, target.Value) : tree.Error;
        Sys.Close(tree.Value);
        Sys.Close(target.Value);
        return error;
    }

    private static readonly RootedPath s_console = RootedPath.Of("/dev/console");

    // One message with one descriptor: containerd's shim takes nothing else. The words are those that runc sends.
    private static Errno SendTerminal(InitContext context) =>
        Sys.SendDescriptor(context.ConsoleSocket, "/dev/pts/ptmx"u8, context.Terminal.Master);
}
