using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Tar;

namespace SharpRun.Image.Tests.Nasty;

/// <summary>A real tree, read into the model's form. Every step is by descriptor and follows no link.</summary>
static unsafe partial class TreeWalk
{
    private const int MostBytes = 64 << 20;

    public static ModelTree Read(string root)
    {
        var fd = Sys.Open(Native.AT_FDCWD, TreeText.Bytes(root + "\0"), Native.O_RDONLY | Native.O_DIRECTORY | Native.O_NOFOLLOW).OrThrow("open " + root);
        try
        {
            return Read(fd);
        }
        finally
        {
            Sys.Close(fd);
        }
    }

    /// <summary>A descriptor of the root, which may be of a mount that is nowhere attached (fsmount(2)).</summary>
    public static ModelTree Read(int root)
    {
        var tree = new ModelTree();
        var nodes = new Dictionary<(ulong, ulong), ModelNode>();
        var fd = Sys.Open(root, ".\0"u8, Native.O_RDONLY | Native.O_DIRECTORY).OrThrow("open the root of a tree");
        tree.Paths[""] = NodeOf(fd, ".", nodes);
        Walk(fd, "", tree, nodes);
        return tree;
    }

    // Closes the descriptor.
    private static void Walk(int directory, string path, ModelTree tree, Dictionary<(ulong, ulong), ModelNode> nodes)
    {
        foreach (var name in Names(directory))
        {
            var inner = path.Length == 0 ? name : path + "/" + name;
            var node = tree.Paths[inner] = NodeOf(directory, name, nodes);
            if (node.Kind == TarKind.Directory)
            {
                var flags = Native.O_RDONLY | Native.O_DIRECTORY | Native.O_NOFOLLOW;
                Walk(Sys.Open(directory, TreeText.Bytes(name + "\0"), flags).OrThrow("open " + inner), inner, tree, nodes);
            }
        }
        Sys.Close(directory);
    }

    private static List<string> Names(int directory)
    {
        var names = new List<string>();
        var buffer = new byte[32 << 10];
        while (Sys.GetDents(directory, buffer).OrThrow("list a directory") is > 0 and var length)
        {
            foreach (var name in new DirectoryRecords(buffer.AsSpan(0, length)))
            {
                names.Add(TreeText.Text(name));
            }
        }
        return names;
    }

    private static ModelNode NodeOf(int directory, string name, Dictionary<(ulong, ulong), ModelNode> nodes)
    {
        var text = TreeText.Bytes(name + "\0");
        Sys.Stat(directory, text, Native.AT_SYMLINK_NOFOLLOW, out var status).OrThrow($"stat {TreeText.Quoted(name)}");
        var inode = ((ulong)status.DevMajor << 32 | status.DevMinor, status.Ino);
        if (!status.IsDirectory && nodes.TryGetValue(inode, out var known))
        {
            return known;
        }
        var isDevice = status.IsCharDevice || status.IsBlockDevice;
        var node = new ModelNode(KindOf(status))
        {
            Mode = status.Mode & 0xFFF,
            Owner = (status.Uid, status.Gid),
            Time = TimeOf(directory, text),
            Attributes = AttributesOf(directory, name),
            Data = status.IsRegular ? DataOf(directory, text) : [],
            Link = status.IsSymlink ? TargetOf(directory, text) : "",
            Device = isDevice ? (status.RdevMajor, status.RdevMinor) : default,
        };
        return nodes[inode] = node;
    }

    private static TarKind KindOf(FileStatus status) => status switch
    {
        { IsRegular: true } => TarKind.File,
        { IsDirectory: true } => TarKind.Directory,
        { IsSymlink: true } => TarKind.Symlink,
        { IsCharDevice: true } => TarKind.CharDevice,
        { IsBlockDevice: true } => TarKind.BlockDevice,
        { IsFifo: true } => TarKind.Fifo,
        _ => throw new InvalidOperationException($"a file of mode {status.Mode:x} in a tree"),
    };

    private static byte[] DataOf(int directory, byte[] name)
    {
        var fd = Sys.Open(directory, name, Native.O_RDONLY | Native.O_NOFOLLOW).OrThrow($"open {TreeText.Text(name)}");
        ProcFiles.ReadWhole(fd, MostBytes, out var data).OrThrow($"read {TreeText.Text(name)}");
        Sys.Close(fd);
        return data;
    }

    private static string TargetOf(int directory, byte[] name)
    {
        Span<byte> target = new byte[8192];
        return TreeText.Text(target[..Sys.ReadLinkAt(directory, name, target).OrThrow("read a link")]);
    }

    private static TarTime TimeOf(int directory, byte[] name)
    {
        // struct statx: stx_mtime at 112, seconds (8) and nanoseconds (4).
        Span<byte> buffer = stackalloc byte[256];
        fixed (byte* path = name, status = buffer)
        {
            if (statx(directory, path, Native.AT_SYMLINK_NOFOLLOW, Native.STATX_BASIC_STATS, status) != 0)
            {
                throw new InvalidOperationException($"statx of {TreeText.Text(name)}: {Marshal.GetLastPInvokeError()}");
            }
        }
        return new TarTime(BinaryPrimitives.ReadInt64LittleEndian(buffer[112..]), BinaryPrimitives.ReadInt32LittleEndian(buffer[120..]));
    }

    private static List<(string, string)> AttributesOf(int directory, string name)
    {
        // By name, since a link or a device cannot be opened for it; the directory's descriptor keeps the path short.
        var path = TreeText.Bytes($"/proc/self/fd/{directory}/{name}\0");
        var found = new List<(string, string)>();
        var names = new byte[64 << 10];
        var value = new byte[64 << 10];
        fixed (byte* file = path, into = names, bytes = value)
        {
            var length = llistxattr(file, into, names.Length);
            if (length < 0)
            {
                throw new InvalidOperationException($"list the attributes of {TreeText.Quoted(name)}: {Marshal.GetLastPInvokeError()}");
            }
            foreach (var attribute in TreeText.Text(names.AsSpan(0, (int)length)).Split('\0', StringSplitOptions.RemoveEmptyEntries))
            {
                fixed (byte* key = TreeText.Bytes(attribute + "\0"))
                {
                    var size = lgetxattr(file, key, bytes, value.Length);
                    found.Add((attribute, size < 0 ? "?" : TreeText.Text(value.AsSpan(0, (int)size))));
                }
            }
        }
        return found;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statx(int directory, byte* path, int flags, uint mask, byte* status);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint llistxattr(byte* path, byte* names, nint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint lgetxattr(byte* path, byte* name, byte* value, nint size);
}
