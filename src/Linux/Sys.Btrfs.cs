using System;
using System.Runtime.InteropServices;

namespace SharpRun.Linux;

/// <summary>Subvolumes of btrfs (btrfs-ioctl(2)). On another file system each call answers ENOTTY. A name is one component, at most 255 bytes, with a
/// final zero.</summary>
public static unsafe partial class Sys
{
    private const int SubvolumeNameRoom = 256;

    /// <summary>struct btrfs_ioctl_vol_args of linux/btrfs.h.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 4096)]
    internal struct BtrfsVolume
    {
        [FieldOffset(0)] public long Fd;
        [FieldOffset(8)] public fixed byte Name[4088];
    }

    /// <summary>struct btrfs_ioctl_vol_args_v2 of linux/btrfs.h, the fields that we write.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 4096)]
    internal struct BtrfsSnapshot
    {
        [FieldOffset(0)] public long Fd;
        [FieldOffset(8)] public ulong Transid;
        [FieldOffset(16)] public ulong Flags;
        [FieldOffset(56)] public fixed byte Name[4040];
    }

    /// <summary>BTRFS_IOC_SUBVOL_CREATE: a new, empty subvolume in the directory.</summary>
    public static Errno MakeSubvolume(int directory, ReadOnlySpan<byte> name) => Subvolume(Native.BTRFS_IOC_SUBVOL_CREATE, directory, name);

    /// <summary>BTRFS_IOC_SNAP_DESTROY, with all that is in it; EPERM for whoever is not root, unless mounted with user_subvol_rm_allowed.</summary>
    public static Errno RemoveSubvolume(int directory, ReadOnlySpan<byte> name) => Subvolume(Native.BTRFS_IOC_SNAP_DESTROY, directory, name);

    /// <summary>BTRFS_IOC_SNAP_CREATE_V2: a writable snapshot of a subvolume, which is open by its root, in the directory.</summary>
    public static Errno MakeSnapshot(int subvolume, int directory, ReadOnlySpan<byte> name)
    {
        if (name.Length > SubvolumeNameRoom)
        {
            return Errno.ENAMETOOLONG;
        }
        var snapshot = new BtrfsSnapshot { Fd = subvolume };
        name.CopyTo(new Span<byte>(snapshot.Name, SubvolumeNameRoom));
        return Call(CallNumber.ioctl, directory, (nint)Native.BTRFS_IOC_SNAP_CREATE_V2, (nint)(&snapshot)).Error;
    }

    private static Errno Subvolume(uint request, int directory, ReadOnlySpan<byte> name)
    {
        if (name.Length > SubvolumeNameRoom)
        {
            return Errno.ENAMETOOLONG;
        }
        var volume = default(BtrfsVolume);
        name.CopyTo(new Span<byte>(volume.Name, SubvolumeNameRoom));
        return Call(CallNumber.ioctl, directory, (nint)request, (nint)(&volume)).Error;
    }
}
