using System.Collections.Generic;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Parent;

/// <summary>The namespaces that a container joins by path: all are opened, and looked at, before anything is made (R28).</summary>
static class NamespaceFiles
{
    // /proc/self/ns/time is missing where the kernel was built without CONFIG_TIME_NS, or is older than 5.6.
    private static System.ReadOnlySpan<byte> OwnTime => "/proc/self/ns/time\0"u8;

    /// <summary>Their descriptors, in the order of the slots.</summary>
    public static int[] Open(Plan plan, Spec spec)
    {
        RequireTime(spec);
        if (plan.Joins.Count == 0)
        {
            return [];
        }
        var fds = new int[plan.Joins.Count];
        foreach (var join in plan.Joins)
        {
            fds[join.Slot] = Open(join);
        }
        return fds;
    }

    private static int Open(JoinNamespace join)
    {
        var property = $"linux.namespaces[{join.Index}].path";
        // A fifo in its place is not waited for (R9).
        var opened = Sys.Open(Native.AT_FDCWD, join.Path, Native.O_RDONLY | Native.O_NONBLOCK | Native.O_NOCTTY);
        if (!opened.Ok)
        {
            throw new SpecError(property, $"open \"{join.Path}\": {opened.Error.Sentence()}");
        }
        // Of another file the same number may ask for anything.
        var error = Sys.StatFs(opened.Value, out var magic);
        var isNamespace = error == Errno.OK && magic == Native.NSFS_MAGIC;
        var type = isNamespace ? Sys.Ioctl(opened.Value, Native.NS_GET_NSTYPE) : Result.Failed(Errno.ENOTTY);
        if (Check.NamespaceIsOfItsType.Fails(!type.Ok || (uint)type.Value != join.Type.Flag()))
        {
            throw new SpecError(property, $"\"{join.Path}\" is {What(type)}, not {join.Type.Word()}");
        }
        if (join.Type == NamespaceType.Mount)
        {
            RefuseOwn(opened.Value, property);
        }
        return opened.Value;
    }

    private static string What(Result type)
    {
        foreach (var candidate in System.Enum.GetValues<NamespaceType>())
        {
            if (type.Ok && (uint)type.Value == candidate.Flag())
            {
                return $"a namespace of type {candidate.Word()}";
            }
        }
        return "no namespace of a type that is known";
    }

    // The root file system would be mounted over the caller's own, and pivot_root(2) would move every process of the host.
    private static void RefuseOwn(int fd, string property)
    {
        var error = Sys.Stat(fd, ""u8, Native.AT_EMPTY_PATH, out var joined);
        var ownError = Sys.Stat(Native.AT_FDCWD, "/proc/self/ns/mnt\0"u8, 0, out var own);
        if (Check.MountNamespaceIsAnother.Fails(error != Errno.OK || ownError != Errno.OK || joined.Ino == own.Ino))
        {
            throw new SpecError(property, "the caller's own mount namespace cannot be a container's");
        }
    }

    private static void RequireTime(Spec spec)
    {
        for (var i = 0; i < spec.Linux.Namespaces.Count; i++)
        {
            if (spec.Linux.Namespaces[i].Type == NamespaceType.Time && Sys.FaccessAt(Native.AT_FDCWD, OwnTime, 0, 0) == Errno.ENOENT)
            {
                throw new SpecError($"linux.namespaces[{i}].type", "this kernel has no time namespaces (they came with 5.6, and are an option of its build)");
            }
        }
    }
}
