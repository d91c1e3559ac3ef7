using System.Collections.Generic;

namespace SharpRun.Tar;

public enum TarKind
{
    File, HardLink, Symlink, CharDevice, BlockDevice, Directory, Fifo,
}

/// <summary>Seconds since 1970, possibly before it, and nanoseconds of 0 to 999,999,999.</summary>
public readonly record struct TarTime(long Seconds, int Nanoseconds);

/// <summary>An extended attribute, as bytes: "user.x" and any value.</summary>
public readonly record struct TarAttribute(byte[] Name, byte[] Value);

/// <summary>One entry: what its header, and the PAX or GNU headers before it, say. Names are bytes, as they stand there, without a final zero.</summary>
public sealed record TarEntry(TarKind Kind, byte[] Name)
{
    /// <summary>Of a hard or symbolic link: where it leads.</summary>
    public byte[] LinkName { get; init; } = [];

    /// <summary>The low twelve bits.</summary>
    public uint Mode { get; init; }

    public long Uid { get; init; }

    public long Gid { get; init; }

    /// <summary>Of the file when it is unpacked, holes included. 0 of all other kinds.</summary>
    public long Size { get; init; }

    public TarTime ModifiedAt { get; init; }

    public uint DeviceMajor { get; init; }

    public uint DeviceMinor { get; init; }

    public IReadOnlyList<TarAttribute> Attributes { get; init; } = [];

    public bool IsSparse { get; init; }
}
