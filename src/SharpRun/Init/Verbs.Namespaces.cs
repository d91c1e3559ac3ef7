using System;
using System.Buffers.Text;
using System.Collections.Generic;
using SharpRun.Linux;
using SharpRun.Parent;
using SharpRun.Planning;

namespace SharpRun.InitStage;

static partial class Verbs
{
    // The new child goes on with the next step; this one has done its part. The pid in the recorder is one of the parent's own pid namespace: this
    // process never was in another, whatever it joined for its children.
    private static Errno CloneAgain(InitContext context, CloneAgain again)
    {
        var child = Sys.CloneAlone((ulong)again.Flags | Native.CLONE_PARENT, out var pidFd, context.Recorder.Second);
        if (!child.Ok)
        {
            return child.Error;
        }
        if (child.Value == 0)
        {
            // Whatever it says comes after its birth is known.
            return AwaitAnswer(context);
        }
        // A child whose parent hears nothing of it ends by itself, at the end of file.
        Span<byte> born = [Conversation.Born];
        Sys.Send(context.Sync, born, Native.MSG_NOSIGNAL);
        Sys.Close(pidFd);
        Sys.Exit(0);
        return Errno.OK;
    }

    private static Errno NewTimeNamespace(InitContext context, NewTimeNamespace time)
    {
        var error = Sys.Unshare(Native.CLONE_NEWTIME);
        if (error != Errno.OK)
        {
            return error;
        }
        if (time.Offsets is { } offsets)
        {
            var file = Sys.Open(Native.AT_FDCWD, "/proc/self/timens_offsets"u8, Native.O_WRONLY);
            error = file.Ok ? Sys.WriteAll(file.Value, offsets.Text) : file.Error;
            Sys.Close(file.Value);
            if (error != Errno.OK)
            {
                return context.Failed("write timens_offsets"u8, error);
            }
        }
        // unshare(2) makes it for the children only; one thread may follow by itself.
        var made = Sys.Open(Native.AT_FDCWD, "/proc/self/ns/time_for_children"u8, Native.O_RDONLY);
        error = made.Ok ? Sys.SetNs(made.Value, Native.CLONE_NEWTIME) : made.Error;
        Sys.Close(made.Value);
        return context.Failed("enter it"u8, error);
    }

    // All three ids of each kind; the capabilities over the new user namespace stay, since its root is who has them.
    private static Errno BecomeRoot(InitContext context)
    {
        var error = context.Failed("setresgid"u8, Sys.SetResGid(0));
        return error == Errno.OK ? context.Failed("setresuid"u8, Sys.SetResUid(0)) : error;
    }

    private static Errno CompareIdMaps(InitContext context, CompareIdMaps compare)
    {
        var error = CompareIdMap(context, "/proc/self/uid_map"u8, compare.Uids);
        return error == Errno.OK ? CompareIdMap(context, "/proc/self/gid_map"u8, compare.Gids) : error;
    }

    // A process reads the map of its own user namespace as it was written: with the ids of the namespace above, which is the caller's.
    private static Errno CompareIdMap(InitContext context, ReadOnlySpan<byte> path, IReadOnlyList<IdMapping> wanted)
    {
        const int longestMap = 16 << 10;
        var error = ProcFiles.ReadWhole(Native.AT_FDCWD, path, longestMap, out var text);
        if (error != Errno.OK)
        {
            return context.Failed(path, error);
        }
        ReadOnlySpan<byte> rest = text;
        var lines = 0;
        var isSame = true;
        while (Number(ref rest, out var container) && Number(ref rest, out var host) && Number(ref rest, out var size))
        {
            lines++;
            isSame &= Has(wanted, new IdMapping(container, host, size));
        }
        return Check.IdMapsAreTheNamespaces.Fails(!isSame || lines != wanted.Count)
            ? context.Refuse("mappings and a path are given, but the namespace has other mappings"u8)
            : Errno.OK;
    }

    private static bool Has(IReadOnlyList<IdMapping> mappings, IdMapping wanted)
    {
        foreach (var mapping in mappings)
        {
            if (mapping == wanted)
            {
                return true;
            }
        }
        return false;
    }

    private static bool Number(ref ReadOnlySpan<byte> text, out uint number)
    {
        text = text.TrimStart(" \n"u8);
        var isNumber = Utf8Parser.TryParse(text, out number, out var used);
        text = text[used..];
        return isNumber;
    }

    // Recursively, since a user namespace may not see what lies under a mount of another; with the attributes on all of it.
    private static Errno BindHostsOwn(InitContext context, MountFilesystem mount, CString source, int target, Errno refusal)
    {
        var tree = Sys.OpenTree(Native.AT_FDCWD, source, Native.OPEN_TREE_CLONE | Native.AT_RECURSIVE);
        if (!tree.Ok)
        {
            // The host has none either: what counts is why there is no new one.
            return refusal;
        }
        // What the refusal has left there is no reason of this step any more.
        context.Recorder.Detail(default);
        var error = Errno.OK;
        if (context.HasMountSetAttr && mount.Flags.AttributesSet != 0)
        {
            error = SetAttributes(context, tree.Value, mount.Flags.AttributesSet, recursive: true);
        }
        return error == Errno.OK ? Attach(context, tree.Value, target, mount.Flags, isFresh: context.HasMountSetAttr) : error;
    }

    private static Errno BindDevice(InitContext context, BindDevice device)
    {
        var source = Sys.OpenTree(Native.AT_FDCWD, device.Source, Native.OPEN_TREE_CLONE | Native.AT_SYMLINK_NOFOLLOW);
        if (!source.Ok)
        {
            return context.Failed("open the host's"u8, source.Error);
        }
        var error = Sys.Stat(source.Value, ""u8, Native.AT_EMPTY_PATH, out var status);
        var type = device.Type == 'b' ? Native.S_IFBLK : Native.S_IFCHR;
        var isOther = (status.Mode & Native.S_IFMT) != type || status.RdevMajor != device.Major || status.RdevMinor != device.Minor;
        if (error == Errno.OK && Check.HostDeviceIsTheOneAskedFor.Fails(isOther))
        {
            error = context.Refuse("the host has another file there"u8);
        }
        if (error == Errno.OK)
        {
            error = BindOverFile(context, source.Value, device.Path);
        }
        Sys.Close(source.Value);
        return error;
    }

    // As for a device that is made, all by the descriptor of its directory (R5); a link in its place is not followed.
    private static Errno BindOverFile(InitContext context, int source, RootedPath path)
    {
        var directory = context.Devices.Parent(context.Root, path, out var name);
        if (!directory.Ok)
        {
            return directory.Error;
        }
        var target = MadeFile(directory.Value, name, mode: 0);
        var error = target.Ok ? Sys.MoveMountOnto(source, target.Value) : target.Error;
        Sys.Close(target.Value);
        return error;
    }
}
