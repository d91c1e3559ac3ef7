using System;
using System.Diagnostics.CodeAnalysis;
using SharpRun.LayerStore;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.Image.Unpack;

/// <summary>
/// Makes one entry of a layer at (descriptor of the parent, last component), with all that its header says. What had the name before is removed, never
/// written into: it may be a link, or another name of a file elsewhere. The order is the kernel's: data, owner (chown(2) clears set-user-id bits and
/// capabilities), mode, attributes, times. Names have a final zero.
/// </summary>
sealed partial class EntryWriter(Owners owners, Losses losses)
{
    private const int BlockBytes = 128 << 10;

    /// <summary>The mode of a directory that no entry describes, and that of other tools.</summary>
    private const uint ImplicitMode = 0x1ED; // 0755

    private const uint Permissions = 0x1FF, AllOfMode = 0xFFF; // 0777, 07777

    /// <summary>MINORBITS of linux/kdev_t.h. mknod(2) would cut off what is larger: 4096:0 would be 0:0, overlay's whiteout.</summary>
    private const uint LargestMajor = (1 << 12) - 1, LargestMinor = (1 << 20) - 1;

    private static int NewFile => Native.O_WRONLY | Native.O_CREAT | Native.O_EXCL | Native.O_NOFOLLOW | Native.O_NOCTTY;

    private static int ExistingDirectory => Native.O_RDONLY | Native.O_DIRECTORY | Native.O_NOFOLLOW;

    private readonly byte[] _block = GC.AllocateUninitializedArray<byte>(BlockBytes);
    private readonly byte[] _target = new byte[UnpackLimits.PathBytes + 1];
    private readonly uint _uid = Sys.GetEuid(), _gid = Sys.GetEgid(), _umask = CurrentUmask();

    /// <summary>True: a directory or link had the name and is gone, so that paths which are known may lead elsewhere now.</summary>
    public bool Make(in EntryParent parent, ReadOnlySpan<byte> name, TarEntry entry, TarReader reader)
    {
        var replaced = false;
        while (true)
        {
            var error = entry.Kind switch
            {
                TarKind.File => MakeFile(parent, name, entry, reader),
                TarKind.Symlink => MakeSymlink(parent, name, entry),
                TarKind.CharDevice or TarKind.BlockDevice or TarKind.Fifo => MakeNode(parent, name, entry),
                TarKind.Directory => MakeDirectory(parent, name, entry),
                _ => Errno.EINVAL, // Hard links: Link.
            };
            if (error == Errno.OK)
            {
                return replaced;
            }
            // Only a file's creation says so, before anything else was done. A second time it is no answer.
            if (error != Errno.EEXIST || replaced)
            {
                Fail("make", entry, error);
            }
            replaced = true;
            Remove(parent, name, entry);
        }
    }

    /// <summary>One more name of a file, which may be a link itself. Its header says nothing about the file (so umoci, GNU tar). True as with
    /// <see cref="Make"/>.</summary>
    public static bool Link(in EntryParent parent, ReadOnlySpan<byte> name, TarEntry entry, int targetParent, ReadOnlySpan<byte> targetName)
    {
        var error = Sys.LinkAt(targetParent, targetName, parent.Fd, name, 0);
        var replaces = error == Errno.EEXIST;
        if (replaces)
        {
            // What is there may be the target itself: then all is done, and removing it would be wrong.
            error = Sys.Stat(targetParent, targetName, Native.AT_SYMLINK_NOFOLLOW, out var target);
            // No directory has a second name, not even its own.
            error = error == Errno.OK && target.IsDirectory ? Errno.EPERM : error;
            if (error == Errno.OK)
            {
                Check(Sys.Stat(parent.Fd, name, Native.AT_SYMLINK_NOFOLLOW, out var there), "link", entry);
                if (target.IsSameFile(there))
                {
                    return false;
                }
                // With a directory that goes its target may go, too: then there is nothing to link to.
                Remove(parent, name, entry);
                error = Sys.LinkAt(targetParent, targetName, parent.Fd, name, 0);
            }
        }
        if (error != Errno.OK)
        {
            throw new ErrnoException($"link {TarText.Of(entry.Name)} to {TarText.Of(entry.LinkName)}", error);
        }
        return replaces;
    }

    /// <summary>What the entry says of a directory that is there, its children apart: the root of the image.</summary>
    public void ApplyTo(int directory, TarEntry entry)
    {
        Check(GiveDirectory(directory, entry, isNew: false, keepsMode: false), "change", entry);
    }

    /// <summary>Makes a directory what it is when no entry describes it: missing parents, and what stays of one that was whited out because the
    /// layer has something in it.</summary>
    public Errno MakeImplicit(int directory)
    {
        var error = owners.IsRootless ? Errno.OK : Sys.Fchown(directory, owners.Uids.ToHost(0) ?? _uid, owners.Gids.ToHost(0) ?? _gid);
        error = error == Errno.OK ? Sys.Fchmod(directory, ImplicitMode) : error;
        return error == Errno.OK ? RemoveAttributes(directory, []) : error;
    }

    private Errno MakeFile(in EntryParent parent, ReadOnlySpan<byte> name, TarEntry entry, TarReader reader)
    {
        var made = Sys.Open(parent.Fd, name, NewFile, OpenedUp(entry.Mode) & Permissions);
        if (!made.Ok)
        {
            return made.Error;
        }
        try
        {
            WriteData(made.Value, entry, reader);
            Give(made.Value, parent, entry, "give");
            Describe(made.Value, parent, entry);
        }
        finally
        {
            Sys.Close(made.Value);
        }
        return Errno.OK;
    }

    private void Describe(int file, in EntryParent parent, TarEntry entry)
    {
        var (mode, first) = (entry.Mode & AllOfMode, OpenedUp(entry.Mode) & AllOfMode);
        if (NeedsMode(parent, entry.Mode))
        {
            Check(Sys.Fchmod(file, first), "change the mode of", entry);
        }
        SetAttributes(file, entry, parent.GivesAcl);
        if (mode != first)
        {
            Check(Sys.Fchmod(file, mode), "change the mode of", entry);
        }
        SetTimes(file, default, entry);
    }

    // Nobody but root writes a user.* attribute where the mode does not let him write, not even the owner (xattr(7)).
    private uint OpenedUp(uint mode) => _uid == 0 ? mode : mode | Native.S_IWUSR;

    private void WriteData(int file, TarEntry entry, TarReader reader)
    {
        long end = 0;
        while (reader.ReadData(_block, out var offset) is > 0 and var length)
        {
            var error = entry.IsSparse ? Sys.PWriteAll(file, _block.AsSpan(0, length), offset) : Sys.WriteAll(file, _block.AsSpan(0, length));
            Check(error, "write", entry);
            end = offset + length;
        }
        if (end < entry.Size)
        {
            Check(Sys.Ftruncate(file, entry.Size), "write", entry);
        }
    }

    private Errno MakeSymlink(in EntryParent parent, ReadOnlySpan<byte> name, TarEntry entry)
    {
        if (entry.LinkName.Length > UnpackLimits.PathBytes || entry.LinkName.AsSpan().Contains((byte)0))
        {
            throw new ImageError($"make {TarText.Of(entry.Name)}: a link cannot lead to a path of {entry.LinkName.Length} bytes, or with a zero in it");
        }
        entry.LinkName.CopyTo(_target.AsSpan());
        _target[entry.LinkName.Length] = 0;
        var error = Sys.SymlinkAt(_target.AsSpan(0, entry.LinkName.Length + 1), parent.Fd, name);
        if (error == Errno.OK)
        {
            GiveAt(parent, name, entry);
            SetAttributesAt(parent, name, entry);
            SetTimes(parent.Fd, name, entry);
        }
        return error;
    }

    private Errno MakeNode(in EntryParent parent, ReadOnlySpan<byte> name, TarEntry entry)
    {
        if (owners.IsRootless && entry.Kind != TarKind.Fifo)
        {
            return MakePlaceholder(parent, name, entry);
        }
        if (ImageCheck.DeviceExists.Fails(entry.DeviceMajor > LargestMajor || entry.DeviceMinor > LargestMinor))
        {
            throw new ImageError($"unpack {TarText.Of(entry.Name)}: Linux has no device {entry.DeviceMajor}:{entry.DeviceMinor}");
        }
        var type = entry.Kind == TarKind.Fifo ? Native.S_IFIFO : entry.Kind == TarKind.CharDevice ? Native.S_IFCHR : Native.S_IFBLK;
        var error = Sys.MknodAt(parent.Fd, name, type | (entry.Mode & Permissions), entry.DeviceMajor, entry.DeviceMinor);
        if (error == Errno.EPERM)
        {
            throw new ErrnoException($"make the device {TarText.Of(entry.Name)} (only root of the machine can; --rootless makes an empty file of it)", error);
        }
        if (error != Errno.OK)
        {
            return error;
        }
        GiveAt(parent, name, entry);
        if (NeedsMode(parent, entry.Mode))
        {
            var changed = Sys.FchmodAt(parent.Fd, name, entry.Mode & AllOfMode, Native.AT_SYMLINK_NOFOLLOW);
            // Before fchmodat2(2) of kernel 6.6. The name is that of a node which we have just made, no link.
            changed = changed == Errno.ENOSYS ? Sys.FchmodAt(parent.Fd, name, entry.Mode & AllOfMode, 0) : changed;
            Check(changed, "change the mode of", entry);
        }
        SetAttributesAt(parent, name, entry);
        SetTimes(parent.Fd, name, entry);
        return Errno.OK;
    }

    private Errno MakePlaceholder(in EntryParent parent, ReadOnlySpan<byte> name, TarEntry entry)
    {
        var made = Sys.Open(parent.Fd, name, NewFile, OpenedUp(entry.Mode) & Permissions);
        if (made.Ok)
        {
            losses.Add("devices are empty files, since only root can make them", entry.Name);
            Describe(made.Value, parent, entry);
            Sys.Close(made.Value);
        }
        return made.Error;
    }

    private Errno MakeDirectory(in EntryParent parent, ReadOnlySpan<byte> name, TarEntry entry)
    {
        var error = Sys.MkdirAt(parent.Fd, name, entry.Mode & Permissions | Native.S_IRWXU);
        if (error is not (Errno.OK or Errno.EEXIST))
        {
            return error;
        }
        var opened = Sys.Open(parent.Fd, name, ExistingDirectory);
        if (!opened.Ok)
        {
            // A file or a link: to be removed.
            return error == Errno.EEXIST && opened.Error is Errno.ENOTDIR or Errno.ELOOP ? Errno.EEXIST : opened.Error;
        }
        var isNew = error == Errno.OK;
        var keepsMode = isNew && _locked.Count == 0 && !NeedsMode(parent, entry.Mode) && !parent.IsSetGid && (entry.Mode & Native.S_IRWXU) == Native.S_IRWXU;
        error = GiveDirectory(opened.Value, entry, isNew && !parent.GivesAcl, keepsMode);
        Sys.Close(opened.Value);
        return error == Errno.EEXIST ? Errno.EIO : error;
    }

    private Errno GiveDirectory(int directory, TarEntry entry, bool isNew, bool keepsMode)
    {
        Give(directory, default, entry, "give");
        if (!keepsMode)
        {
            Check(Sys.Fchmod(directory, ModeForNow(directory, entry)), "change the mode of", entry);
        }
        SetAttributes(directory, entry, !isNew);
        SetTimes(directory, default, entry);
        return Errno.OK;
    }

    // Of a new file: open(2) and mknod(2) keep what the umask takes, and default lists of the parent may take more.
    private bool NeedsMode(in EntryParent parent, uint mode) => (mode & (_umask | ~Permissions)) != 0 || parent.GivesAcl;

    // A new file's group is the caller's or, by the set-group-id bit or the mount option grpid, the parent's.
    private bool IsOwn(in EntryParent parent, uint uid, uint gid) =>
        uid == _uid && gid == _gid && parent.Status.Gid == _gid && parent.Status.IsDirectory;

    private void Give(int fd, in EntryParent parent, TarEntry entry, string verb)
    {
        if (owners.IsRootless)
        {
            return;
        }
        var (uid, gid) = (owners.UidOf(entry), owners.GidOf(entry));
        if (!IsOwn(parent, uid, gid))
        {
            CheckOwner(Sys.Fchown(fd, uid, gid), uid, gid, entry, verb);
        }
    }

    private void GiveAt(in EntryParent parent, ReadOnlySpan<byte> name, TarEntry entry)
    {
        if (owners.IsRootless)
        {
            return;
        }
        var (uid, gid) = (owners.UidOf(entry), owners.GidOf(entry));
        if (!IsOwn(parent, uid, gid))
        {
            CheckOwner(Sys.FchownAt(parent.Fd, name, uid, gid, Native.AT_SYMLINK_NOFOLLOW), uid, gid, entry, "give");
        }
    }

    private static void CheckOwner(Errno error, uint uid, uint gid, TarEntry entry, string verb)
    {
        if (error != Errno.OK)
        {
            throw error switch
            {
                Errno.EINVAL => Owners.NotHere(uid, gid, entry.Name),
                Errno.EPERM => Owners.NotAllowed(uid, gid, entry.Name, error),
                _ => new ErrnoException($"{verb} {TarText.Of(entry.Name)}", error),
            };
        }
    }

    private static void SetTimes(int fd, ReadOnlySpan<byte> name, TarEntry entry)
    {
        var time = new TimeSpec(entry.ModifiedAt.Seconds, entry.ModifiedAt.Nanoseconds);
        Check(Sys.UtimensAt(fd, name, time, time, Native.AT_SYMLINK_NOFOLLOW), "set the time of", entry);
    }

    private static void Remove(in EntryParent parent, ReadOnlySpan<byte> name, TarEntry entry) =>
        Check(TreeRemover.Remove(parent.Fd, name), "remove what is in the way of", entry);

    private static void Check(Errno error, string verb, TarEntry entry)
    {
        if (error != Errno.OK)
        {
            Fail(verb, entry, error);
        }
    }

    [DoesNotReturn]
    private static void Fail(string verb, TarEntry entry, Errno error) => throw new ErrnoException($"{verb} {TarText.Of(entry.Name)}", error);

    // umask(2) can only be asked by setting it.
    private static uint CurrentUmask()
    {
        var umask = Sys.Umask(0x12); // 022
        Sys.Umask(umask);
        return umask;
    }
}
