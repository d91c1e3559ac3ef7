namespace SharpRun.Tar;

/// <summary>How much of an archive the reader believes, in bytes and pieces. The constants are the rule; tests read with smaller ones.</summary>
public sealed record TarLimits
{
    /// <summary>The records of one extended header, and all global ones together. GNU tar and Go write some hundred bytes; Go's reader takes
    /// 1 MiB too, podman's took 1.5 GB of memory for one of 200 MB.</summary>
    public const int MaxPaxBytes = 1 << 20;

    /// <summary>A name, or where a link leads: PATH_MAX of linux/limits.h.</summary>
    public const int MaxPathBytes = 4096;

    /// <summary>The pieces of data between the holes of a sparse file; 16 bytes of memory each.</summary>
    public const int MaxSparsePieces = 1 << 18;

    /// <summary>The extended attributes of one entry; Linux lists at most 64 KiB of names (XATTR_LIST_MAX of linux/limits.h).</summary>
    public const int MaxAttributes = 1024;

    public int PaxBytes { get; init; } = MaxPaxBytes;

    public int PathBytes { get; init; } = MaxPathBytes;

    public int SparsePieces { get; init; } = MaxSparsePieces;

    public int Attributes { get; init; } = MaxAttributes;

    public static TarLimits Default { get; } = new();
}
