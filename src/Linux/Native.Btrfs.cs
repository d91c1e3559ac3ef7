namespace SharpRun.Linux;

/// <summary>linux/fs.h (copies that share blocks), linux/btrfs.h.</summary>
public static partial class Native
{
    public const uint FICLONE = 0x40049409;

    public const uint BTRFS_IOC_SUBVOL_CREATE = 0x5000940E, BTRFS_IOC_SNAP_DESTROY = 0x5000940F, BTRFS_IOC_SNAP_CREATE_V2 = 0x50009417;
}
