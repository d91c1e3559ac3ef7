using System;
using System.Collections.Generic;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.InitStage;

static partial class Verbs
{
    // The caller's session keyring is never visible inside (R23).
    private static Errno NewKeyring(NewKeyring keyring)
    {
        var joined = Sys.KeyctlJoin(keyring.Name);
        if (joined.Ok)
        {
            // Without it, each exec would have another keyring of the same name.
            Sys.KeyctlSetPerm(joined.Value, Native.KEY_POS_ALL | Native.KEY_USR_VIEW | Native.KEY_USR_READ | Native.KEY_USR_SEARCH | Native.KEY_USR_LINK);
        }
        // A kernel without keyrings has nothing to leak.
        return joined.Error == Errno.ENOSYS ? Errno.OK : joined.Error;
    }

    private static Errno ChangeDirectory(InitContext context, ChangeDirectory change)
    {
        var error = Sys.Chdir(change.Path);
        if (error == Errno.EACCES && change.MayBeDenied)
        {
            return Errno.OK;
        }
        // Who is in it already as root stays: an image may have its user work in a directory that is not the user's.
        if (error != Errno.OK && !(error == Errno.EACCES && context.IsInWorkingDirectory))
        {
            return error;
        }
        context.IsInWorkingDirectory = true;
        // The raw call: libc hides the kernel's "(unreachable)", by which a directory outside of the root shows itself (R13, CVE-2024-21626).
        Span<byte> path = stackalloc byte[4096];
        var length = Sys.GetCwd(path);
        if (!length.Ok)
        {
            return context.Failed("getcwd"u8, length.Error);
        }
        return Check.WorkingDirectoryIsInside.Fails(path[0] != (byte)'/')
            ? context.Refuse("current working directory is outside of container mount namespace root"u8)
            : Errno.OK;
    }

    private static Errno OwnStreams(OwnStreams own)
    {
        for (var fd = 0; fd <= 2; fd++)
        {
            var error = Sys.Stat(fd, ""u8, Native.AT_EMPTY_PATH, out var status);
            if (error != Errno.OK)
            {
                return error;
            }
            // A device number alone proves nothing: a regular file has one too (CVE-2026-88265).
            if (status.Uid == own.Uid || Check.NullDeviceIsNotOwned.Fails(IsNullDevice(status)))
            {
                continue;
            }
            error = Sys.FchownAt(fd, ""u8, own.Uid, uint.MaxValue, Native.AT_EMPTY_PATH);
            // Best effort, as in runc: a socket, a read-only file system or a foreign user namespace does not change owners.
            if (error is not (Errno.OK or Errno.EPERM or Errno.EINVAL or Errno.EROFS))
            {
                return error;
            }
        }
        return Errno.OK;
    }

    // The file belongs to the image: a fifo, a device or a huge one counts as absent (R9, CVE-2024-9676).
    private static Errno FindHome(InitContext context, FindHome find)
    {
        Span<byte> home = stackalloc byte[PasswdFile.HomeRoom];
        var length = PasswdFile.HomeOf(context.Root, find.Uid, home);
        return context.Environment.TryAdd("HOME="u8, home[..length]) ? Errno.OK : Errno.E2BIG;
    }

    // A limit on memory is met in two acts: its hard side is raised while there is power to do so, the rest is lowered just before execve.
    private static Errno SetRlimits(InitContext context, IReadOnlyList<Rlimit> limits, bool isLast)
    {
        foreach (var limit in limits)
        {
            var (soft, hard) = (limit.Soft, limit.Hard);
            if (limit.IsOnMemory && !isLast)
            {
                var read = Sys.GetRlimit(limit.Resource, out soft, out hard);
                if (read != Errno.OK || hard >= limit.Hard)
                {
                    continue;
                }
                hard = limit.Hard;
            }
            var error = Sys.PrLimit(0, limit.Resource, soft, hard);
            if (error != Errno.OK)
            {
                return error;
            }
        }
        return Errno.OK;
    }

    private static Errno DropBoundingSet(DropBoundingSet drop)
    {
        for (var capability = 0; capability <= drop.LastCapability; capability++)
        {
            if ((drop.Keep >> capability & 1) == 0)
            {
                var error = Sys.DropBounding(capability);
                if (error != Errno.OK)
                {
                    return error;
                }
            }
        }
        return Errno.OK;
    }

    private static Errno SetUser(InitContext context, SetUser user)
    {
        Sys.Umask(user.Umask);
        var error = Sys.SetGroups(user.GroupArray);
        error = context.Failed("setgroups"u8, error == Errno.EPERM && user.MayKeepGroups ? Errno.OK : error);
        if (error == Errno.OK)
        {
            error = context.Failed("keep capabilities"u8, Sys.Prctl(Native.PR_SET_KEEPCAPS, 1).Error);
        }
        if (error == Errno.OK)
        {
            error = context.Failed("setresgid"u8, Sys.SetResGid(user.Gid));
        }
        if (error == Errno.OK)
        {
            error = context.Failed("setresuid"u8, Sys.SetResUid(user.Uid));
        }
        return error == Errno.OK ? Sys.Prctl(Native.PR_SET_KEEPCAPS, 0).Error : error;
    }

    // What cannot be granted is left out; holding anything that was not asked for is fatal (R19).
    private static Errno SetCapabilities(InitContext context, CapabilitySets sets)
    {
        var error = Sys.CapGet(out var now);
        if (error != Errno.OK)
        {
            return context.Failed("capget"u8, error);
        }
        var permitted = sets.Permitted & now.Permitted;
        var wanted = new Linux.Capabilities(sets.Effective & permitted, permitted, sets.Inheritable & (now.Permitted | now.Inheritable));
        error = context.Failed("clear the ambient set"u8, Sys.ClearAmbient());
        if (error == Errno.OK)
        {
            error = context.Failed("capset"u8, Sys.CapSet(wanted));
        }
        var ambient = sets.Ambient & wanted.Permitted & wanted.Inheritable;
        for (var capability = 0; error == Errno.OK && ambient >> capability != 0 && capability < 64; capability++)
        {
            if ((ambient >> capability & 1) != 0)
            {
                error = context.Failed("raise an ambient capability"u8, Sys.RaiseAmbient(capability));
            }
        }
        if (error != Errno.OK)
        {
            return error;
        }
        error = Sys.CapGet(out now);
        var excess = (now.Permitted & ~sets.Permitted) | (now.Effective & ~sets.Effective) | (now.Inheritable & ~sets.Inheritable);
        return Check.NoCapabilityTooMany.Fails(error != Errno.OK || excess != 0)
            ? context.Refuse("the kernel left a capability that was not asked for"u8)
            : Errno.OK;
    }

    private static Errno FindExecutable(InitContext context, FindExecutable find)
    {
        var denied = false;
        foreach (var candidate in find.Candidates)
        {
            var error = IsExecutable(candidate);
            if (error == Errno.OK)
            {
                context.Executable = candidate;
                return Errno.OK;
            }
            if (find.IsPath)
            {
                Span<byte> detail = [.. "stat "u8, .. candidate.Text];
                return error == Errno.EACCES ? error : context.Failed(detail, error);
            }
            denied |= error == Errno.EACCES;
        }
        return denied ? Errno.EACCES : context.Refuse("executable file not found in $PATH"u8);
    }

    private static Errno IsExecutable(CString path)
    {
        var error = Sys.Stat(Native.AT_FDCWD, path, 0, out var status);
        if (error != Errno.OK)
        {
            return error;
        }
        return status.IsRegular ? Sys.FaccessAt(Native.AT_FDCWD, path, Native.X_OK, Native.AT_EACCESS) : Errno.EACCES;
    }
}
