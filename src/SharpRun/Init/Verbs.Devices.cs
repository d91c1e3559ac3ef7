using System;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.InitStage;

static partial class Verbs
{
    // All by a descriptor of the directory inside the root: a /dev that is a link of the image leads nowhere else (R5, CVE-2026-41579).
    private static Errno MakeDevice(InitContext context, MakeDevice device)
    {
        var directory = context.Devices.Parent(context.Root, device.Path, out var name);
        if (!directory.Ok)
        {
            return directory.Error;
        }
        var type = device.Type switch
        {
            'b' => Native.S_IFBLK,
            'p' => Native.S_IFIFO,
            _ => Native.S_IFCHR,
        };
        var error = Sys.MknodAt(directory.Value, name, type | device.Mode, device.Major, device.Minor);
        if (error == Errno.EEXIST)
        {
            return ExistingDevice(context, directory.Value, name, device, type);
        }
        return error == Errno.OK && (device.Uid | device.Gid) != 0 ? OwnDevice(context, directory.Value, name, device, type) : error;
    }

    private static Errno ExistingDevice(InitContext context, int directory, ReadOnlySpan<byte> name, MakeDevice device, uint type)
    {
        var error = Sys.Stat(directory, name, Native.AT_SYMLINK_NOFOLLOW, out var status);
        return error == Errno.OK && Check.DeviceIsTheOneAskedFor.Fails(!IsDevice(status, device, type))
            ? context.Refuse("another file is there already"u8)
            : error;
    }

    private static Errno OwnDevice(InitContext context, int directory, ReadOnlySpan<byte> name, MakeDevice device, uint type)
    {
        var node = Sys.Open(directory, name, Native.O_PATH | Native.O_NOFOLLOW);
        if (!node.Ok)
        {
            return node.Error;
        }
        var error = Sys.Stat(node.Value, ""u8, Native.AT_EMPTY_PATH, out var status);
        if (error == Errno.OK && Check.DeviceIsTheOneMade.Fails(!IsDevice(status, device, type)))
        {
            error = context.Refuse("another file has taken its place"u8);
        }
        if (error == Errno.OK)
        {
            error = Sys.FchownAt(node.Value, ""u8, device.Uid, device.Gid, Native.AT_EMPTY_PATH);
        }
        Sys.Close(node.Value);
        return error;
    }

    private static bool IsDevice(in FileStatus status, MakeDevice device, uint type) =>
        (status.Mode & Native.S_IFMT) == type && (type == Native.S_IFIFO || (status.RdevMajor == device.Major && status.RdevMinor == device.Minor));

    private static bool IsNullDevice(in FileStatus status) => status.IsCharDevice && status.RdevMajor == 1 && status.RdevMinor == 3;

    private static Errno LinkDevice(InitContext context, LinkDevice link)
    {
        if (link.OnlyIfThere)
        {
            var target = RootPath.Open(context.Root, link.Target, Native.O_PATH);
            if (!target.Ok)
            {
                return Errno.OK;
            }
            Sys.Close(target.Value);
        }
        var directory = context.Devices.Parent(context.Root, link.Path, out var name);
        if (!directory.Ok)
        {
            return directory.Error;
        }
        var error = Sys.SymlinkAt(link.Target, directory.Value, name);
        // An image that brings its own /dev/fd keeps it, as under runc.
        return error == Errno.EEXIST ? Errno.OK : error;
    }

    private static Errno LinkPtmx(InitContext context)
    {
        var directory = context.Devices.Parent(context.Root, s_ptmx, out var name);
        if (!directory.Ok)
        {
            return directory.Error;
        }
        var error = Sys.SymlinkAt("pts/ptmx"u8, directory.Value, name);
        if (error != Errno.EEXIST)
        {
            return error;
        }
        error = Sys.UnlinkAt(directory.Value, name, 0);
        return error == Errno.OK ? Sys.SymlinkAt("pts/ptmx"u8, directory.Value, name) : context.Failed("remove the old one"u8, error);
    }

    private static readonly RootedPath s_ptmx = RootedPath.Of("/dev/ptmx");
}
