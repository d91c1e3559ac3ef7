namespace SharpRun.Image.Unpack;

/// <summary>How much of an image is unpacked before we say that it is none. Beside these hold the reader's own (SharpRun.Tar.TarLimits).</summary>
static class UnpackLimits
{
    /// <summary>Directories within each other, links followed. So many levels of a tree can be walked with a descriptor each; PATH_MAX would allow
    /// 2048, and umoci needs a minute for 1500.</summary>
    public const int Depth = 255;

    /// <summary>PATH_MAX of linux/limits.h without the final zero.</summary>
    public const int PathBytes = 4095;

    /// <summary>In one layer. The places of a layer's entries take 16 bytes each while it is applied to what is below.</summary>
    public const int EntriesInLayer = 2_000_000;

    /// <summary>Overlay itself takes 500 lower layers (fs/overlayfs/params.h, OVL_MAX_STACK); the images of today have up to 127.</summary>
    public const int Layers = 500;

    /// <summary>Of a user who is not root: directories that he could not write to himself, kept in memory until the end.</summary>
    public const int LockedDirectories = 100_000;
}
