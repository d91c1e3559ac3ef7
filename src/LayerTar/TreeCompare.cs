using System;
using System.Collections.Generic;
using SharpRun.Linux;
using SharpRun.Tar;

namespace SharpRun.LayerTar;

/// <summary>Whether what stands in an unpacked tree is what the layers made: by all that a layer could say of it, and by its content, which alone tells of
/// a change that keeps size and time. What unpacking could not keep here (its losses) is no change.</summary>
public sealed class TreeCompare
{
    private readonly LayerRules _rules;
    private readonly Func<TreeEntry, LowerNode, bool> _hasSameContent;
    private readonly bool _hasUserAttributes, _hasAcl;
    private readonly bool _isPrivileged = Sys.GetEuid() == 0;

    /// <summary>The content of regular files of one size is the caller's to compare.</summary>
    public TreeCompare(TreeRoot root, LayerRules rules, Func<TreeEntry, LowerNode, bool> hasSameContent)
    {
        (_rules, _hasSameContent) = (rules, hasSameContent);
        // ENODATA: it could be there.
        _hasUserAttributes = Sys.GetAttribute(root.Fd, "user.sharprun\0"u8, default).Error != Errno.EOPNOTSUPP;
        _hasAcl = Sys.GetAttribute(root.Fd, "system.posix_acl_access\0"u8, default).Error != Errno.EOPNOTSUPP;
    }

    private Owners Owners => _rules.Owners;

    public bool IsSame(TreeEntry entry, LowerNode lower) =>
        HasSameProperties(entry, lower) && HasSameAttributes(entry, lower.Entry) && HasSameContent(entry, lower);

    /// <summary>Unpacked without root a device is an empty file, and everything else but files and directories cannot say whose it is.</summary>
    private bool IsPlaceholder(LowerNode lower) => Owners.IsRootless && lower.Entry.Kind is TarKind.CharDevice or TarKind.BlockDevice;

    private bool HasSameProperties(TreeEntry entry, LowerNode lower)
    {
        var (status, made) = (entry.Status, lower.Entry);
        var isPlaceholder = IsPlaceholder(lower);
        if (entry.Kind != (isPlaceholder ? TarKind.File : made.Kind))
        {
            return false;
        }
        return (made.Kind == TarKind.Symlink || (status.Mode & 0xFFF) == (made.Mode & 0xFFF))
            && HasSameOwner(entry, made)
            && (lower.IsImplicit || HasSameTime(entry.ModifiedAt, made.ModifiedAt))
            && (!status.IsRegular || status.Size == (isPlaceholder ? 0 : (ulong)made.Size))
            && entry.LinkTarget.AsSpan().SequenceEqual(made.Kind == TarKind.Symlink ? made.LinkName : [])
            && (isPlaceholder || made.Kind is not (TarKind.CharDevice or TarKind.BlockDevice)
                || (status.RdevMajor, status.RdevMinor) == (made.DeviceMajor, made.DeviceMinor));
    }

    private bool HasSameOwner(TreeEntry entry, TarEntry made)
    {
        if (!Owners.IsRootless)
        {
            return entry.Status.Uid == Owners.Uids.ToHost(made.Uid) && entry.Status.Gid == Owners.Gids.ToHost(made.Gid);
        }
        return !(entry.Status.IsRegular || entry.Status.IsDirectory) || !_hasUserAttributes
            || RootlessOwner.Parse(entry.Attribute("user.rootlesscontainers"u8)) == (made.Uid, made.Gid);
    }

    // Some file systems keep whole seconds only.
    private static bool HasSameTime(TarTime there, TarTime made) =>
        there.Seconds == made.Seconds && (there.Nanoseconds == made.Nanoseconds || there.Nanoseconds == 0);

    private bool HasSameAttributes(TreeEntry entry, TarEntry made)
    {
        var there = _rules.AttributesOf(entry);
        var matched = 0;
        foreach (var attribute in Expected(entry, made))
        {
            var found = there.Find(one => one.Name.AsSpan().SequenceEqual(attribute.Key));
            if (found.Name is null || !found.Value.AsSpan().SequenceEqual(attribute.Value))
            {
                return false;
            }
            matched++;
        }
        return matched == there.Count;
    }

    // Of the layer's attributes those that unpacking could set here; of two of a name the last.
    private Dictionary<byte[], byte[]> Expected(TreeEntry entry, TarEntry made)
    {
        var expected = new Dictionary<byte[], byte[]>(BytesComparer.Instance);
        foreach (var attribute in made.Attributes)
        {
            if (_rules.Keeps(attribute.Name) && CouldBeSet(entry, attribute.Name))
            {
                expected[attribute.Name] = attribute.Value;
            }
        }
        return expected;
    }

    private bool CouldBeSet(TreeEntry entry, ReadOnlySpan<byte> name)
    {
        if (name.StartsWith("user."u8))
        {
            return _hasUserAttributes && (entry.Status.IsRegular || entry.Status.IsDirectory);
        }
        if (name.StartsWith("system."u8))
        {
            return _hasAcl && name.StartsWith("system.posix_acl_"u8) && !entry.Status.IsSymlink;
        }
        return _isPrivileged && (name.StartsWith("security."u8) || name.StartsWith("trusted."u8));
    }

    private bool HasSameContent(TreeEntry entry, LowerNode lower) => !entry.Status.IsRegular || IsPlaceholder(lower) || _hasSameContent(entry, lower);
}
