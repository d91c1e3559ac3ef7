namespace SharpRun.Planning;

/// <summary>The kernel's numbers that a plan speaks of, by their native names. Plan references nothing, so they stand here once more;
/// Kernel.Tests compares them with the C headers.</summary>
public static class NativeFlags
{
    // linux/mount.h, for fsmount(2) and mount_setattr(2). The three atime choices are one field, not bits: relatime is zero.
    public const uint MOUNT_ATTR_RDONLY = 0x1;
    public const uint MOUNT_ATTR_NOSUID = 0x2;
    public const uint MOUNT_ATTR_NODEV = 0x4;
    public const uint MOUNT_ATTR_NOEXEC = 0x8;
    public const uint MOUNT_ATTR__ATIME = 0x70;
    public const uint MOUNT_ATTR_RELATIME = 0x0;
    public const uint MOUNT_ATTR_NOATIME = 0x10;
    public const uint MOUNT_ATTR_STRICTATIME = 0x20;
    public const uint MOUNT_ATTR_NODIRATIME = 0x80;
    public const uint MOUNT_ATTR_NOSYMFOLLOW = 0x200000; // 5.14

    // linux/mount.h, the propagation field of mount_setattr(2).
    public const ulong MS_REC = 1 << 14; // mount(2) only
    public const ulong MS_UNBINDABLE = 1 << 17;
    public const ulong MS_PRIVATE = 1 << 18;
    public const ulong MS_SLAVE = 1 << 19;
    public const ulong MS_SHARED = 1 << 20;
}
