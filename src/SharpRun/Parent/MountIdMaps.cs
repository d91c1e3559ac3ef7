using System;
using System.Collections.Generic;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Parent;

/// <summary>Id-mapped mounts of one container: the map is that of a user namespace, the container's own or one that exists for nothing else.</summary>
sealed class MountIdMaps(int init)
{
    // Kubernetes has one map for all volumes of a pod.
    private readonly List<(MountIdMap Map, int Namespace)> _namespaces = [];

    /// <summary>Takes the detached mount from the child, maps it and lets the child go on, unless that is gone.</summary>
    public void Apply(Conversation talk, BindMount bind)
    {
        var tree = Sys.ReceiveDescriptor(talk.ParentEnd);
        if (tree.Error is Errno.EBADMSG or Errno.ECONNRESET)
        {
            return;
        }
        var mount = tree.OrThrow("receive a mount from the container's init");
        var map = bind.IdMap!;
        var flags = Native.AT_EMPTY_PATH | (map.Recursive ? Native.AT_RECURSIVE : 0u);
        var error = Sys.MountSetAttr(mount, ""u8, flags, Native.MOUNT_ATTR_IDMAP, 0, 0, NamespaceOf(map));
        if (error != Errno.OK)
        {
            throw Refused(bind, mount, error);
        }
        Sys.Close(mount);
        talk.Answer();
    }

    private int NamespaceOf(MountIdMap map)
    {
        foreach (var (known, space) in _namespaces)
        {
            if (known.IsSameAs(map))
            {
                return space;
            }
        }
        var made = map.IsContainers ? Open(init) : Make(map);
        _namespaces.Add((map, made));
        return made;
    }

    private static int Open(int pid) => Sys.Open(Native.AT_FDCWD, new CString($"/proc/{pid}/ns/user"), Native.O_RDONLY).OrThrow($"open /proc/{pid}/ns/user");

    // A namespace needs a first process; the descriptor keeps it when that is gone.
    private static int Make(MountIdMap map)
    {
        var life = new Conversation();
        var pid = Sys.Clone((ulong)CloneFlags.User, out var pidFd).OrThrow("clone a process for the user namespace of an id-mapped mount");
        if (pid == 0)
        {
            // Lives until it is killed, or its parent is gone (end of file).
            Sys.Close(life.ParentEnd);
            Sys.Recv(life.ChildEnd, stackalloc byte[1], 0);
            Sys.Exit(0);
        }
        try
        {
            IdMapFiles.Write(new IdMaps(map.Uids, map.Gids), pid);
            return Open(pid);
        }
        finally
        {
            Child.Reap(pidFd);
            Sys.Close(pidFd);
            Sys.Close(life.ParentEnd);
            life.CloseChildEnd();
        }
    }

    // EINVAL has several reasons, but of those only the file system's is left here.
    private StepError Refused(BindMount bind, int mount, Errno error)
    {
        Span<byte> release = stackalloc byte[128];
        var kernel = System.Text.Encoding.UTF8.GetString(release[..Sys.UnameRelease(release)]);
        var below = bind.IdMap!.Recursive ? ", or one mounted below," : "";
        var reason = error == Errno.EINVAL
            ? $"its file system ({FileSystemOf(mount)}){below} has no id-mapped mounts on Linux {kernel}"
            : $"map the ids of its file system ({FileSystemOf(mount)}){below}";
        return new StepError(
            $"{bind.Failure(reason)}: {error.Text()} ({error})", bind.Text, error,
            error == Errno.EINVAL ? ErrorCode.ConfigUnsupported : ErrorCode.StepFailed);
    }

    // "36 35 98:0 / /mnt rw,noatime master:1 - ext3 /dev/root rw" (proc_pid_mountinfo(5)): by the device, in the container's own mounts.
    private string FileSystemOf(int mount)
    {
        if (Sys.Stat(mount, ""u8, Native.AT_EMPTY_PATH, out var status) == Errno.OK
            && ProcFiles.ReadWhole(Native.AT_FDCWD, new CString($"/proc/{init}/mountinfo"), 64 << 20, out var table) == Errno.OK)
        {
            foreach (var line in System.Text.Encoding.UTF8.GetString(table).Split('\n'))
            {
                var dash = line.IndexOf(" - ", StringComparison.Ordinal);
                if (dash > 0 && line.Split(' ')[2] == $"{status.DevMajor}:{status.DevMinor}")
                {
                    return line[(dash + 3)..].Split(' ')[0];
                }
            }
        }
        return Sys.StatFs(mount, out var magic) == Errno.OK ? $"magic number 0x{magic:x}" : "of an unknown kind";
    }
}
