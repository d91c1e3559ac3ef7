using System;
using System.Collections.Generic;
using SharpRun.Linux;
using SharpRun.Tar;

namespace SharpRun.LayerTar;

/// <summary>One thing that stands in a tree, as the file system has it.</summary>
public sealed record TreeEntry(byte[] Path, FileStatus Status)
{
    /// <summary>The path from the root on, without a slash at either end; empty: the root itself.</summary>
    public byte[] Path { get; } = Path;

    /// <summary>Of a symbolic link: where it leads.</summary>
    public byte[] LinkTarget { get; init; } = [];

    /// <summary>All that the caller may see, sorted by name.</summary>
    public IReadOnlyList<TarAttribute> Attributes { get; init; } = [];

    public ReadOnlySpan<byte> Name => Path.AsSpan(Path.AsSpan().LastIndexOf((byte)'/') + 1);

    /// <summary>The same for all names of one file.</summary>
    public InodeKey Inode => InodeKey.Of(Status);

    public TarTime ModifiedAt => new(Status.ModifiedAt.Seconds, (int)Status.ModifiedAt.Nanoseconds);

    public bool HasOtherNames => !Status.IsDirectory && Status.Nlink > 1;

    public TarKind Kind => (Status.Mode & Native.S_IFMT) switch
    {
        Native.S_IFREG => TarKind.File,
        Native.S_IFDIR => TarKind.Directory,
        Native.S_IFLNK => TarKind.Symlink,
        Native.S_IFCHR => TarKind.CharDevice,
        Native.S_IFBLK => TarKind.BlockDevice,
        _ => TarKind.Fifo,
    };

    public byte[]? Attribute(ReadOnlySpan<byte> name)
    {
        foreach (var attribute in Attributes)
        {
            if (name.SequenceEqual(attribute.Name))
            {
                return attribute.Value;
            }
        }
        return null;
    }
}

/// <summary>What makes a file itself, whatever its names: device and inode number.</summary>
public readonly record struct InodeKey(uint DeviceMajor, uint DeviceMinor, ulong Number)
{
    public static InodeKey Of(in FileStatus status) => new(status.DevMajor, status.DevMinor, status.Ino);
}
