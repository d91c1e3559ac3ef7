using System;
using System.Collections.Generic;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Tar;

namespace SharpRun.Image.Unpack;

// Extended attributes: which are set, which are not, and what their absence is.
sealed partial class EntryWriter
{
    /// <summary>XATTR_LIST_MAX of linux/limits.h.</summary>
    private const int AttributeNamesRoom = 64 << 10;

    private static ReadOnlySpan<byte> DefaultAcl => "system.posix_acl_default"u8;

    private static ReadOnlySpan<byte> AccessAcl => "system.posix_acl_access"u8;

    private static ReadOnlySpan<byte> RootlessIds => "user.rootlesscontainers"u8;

    /// <summary>A directory with a default list was made: from now on every parent is asked for one.</summary>
    public bool HasMadeDefaultAcl { get; private set; }

    /// <summary>The directory gives a default list to what is made in it.</summary>
    public static bool HasDefaultAcl(int directory) => Sys.GetAttribute(directory, DefaultAcl, default).Ok;

    /// <summary>Every attribute but those that are kept and the host's own.</summary>
    public static Errno RemoveAttributes(int fd, IReadOnlyList<TarAttribute> kept)
    {
        Span<byte> few = stackalloc byte[1024];
        var names = few;
        var listed = Sys.ListAttributes(fd, names);
        if (listed.Error == Errno.ERANGE)
        {
            names = new byte[AttributeNamesRoom];
            listed = Sys.ListAttributes(fd, names);
        }
        if (!listed.Ok)
        {
            return listed.Error == Errno.EOPNOTSUPP ? Errno.OK : listed.Error;
        }
        for (var rest = names[..listed.Value]; !rest.IsEmpty;)
        {
            var name = rest[..rest.IndexOf((byte)0)];
            rest = rest[(name.Length + 1)..];
            if (IsHosts(name) || Has(kept, name))
            {
                continue;
            }
            var error = Sys.RemoveAttribute(fd, names.Slice(listed.Value - rest.Length - name.Length - 1, name.Length + 1));
            if (error is not (Errno.OK or Errno.ENODATA))
            {
                return error;
            }
        }
        return Errno.OK;
    }

    // What appears on new files by itself. An overlay word in a plain tree is an earlier layer's at most, and those are left out.
    private static bool IsHosts(ReadOnlySpan<byte> name) =>
        name.StartsWith("security."u8) && !name.SequenceEqual("security.capability"u8);

    private static bool Has(IReadOnlyList<TarAttribute> attributes, ReadOnlySpan<byte> name)
    {
        foreach (var attribute in attributes)
        {
            if (name.SequenceEqual(attribute.Name))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Of a file or directory that is open. Replaces: what it has already, or got from its parent, goes.</summary>
    private void SetAttributes(int fd, TarEntry entry, bool replaces)
    {
        if (replaces)
        {
            Check(RemoveAttributes(fd, entry.Attributes), "remove attributes of", entry);
        }
        foreach (var attribute in entry.Attributes)
        {
            if (Words(attribute, entry) is { } value)
            {
                Keep(Sys.SetAttribute(fd, Terminated(attribute.Name), value), attribute, entry);
            }
        }
        if (owners.IsRootless && (entry.Uid != 0 || entry.Gid != 0))
        {
            var ids = new TarAttribute(RootlessIds.ToArray(), RootlessContainers.Of(entry.Uid, entry.Gid));
            Keep(Sys.SetAttribute(fd, RootlessIds, ids.Value), ids, entry);
        }
    }

    /// <summary>Of a link, device or fifo. The kernel takes no user.* there (xattr(7)).</summary>
    private void SetAttributesAt(in EntryParent parent, ReadOnlySpan<byte> name, TarEntry entry)
    {
        if (parent.GivesAcl && entry.Kind != TarKind.Symlink)
        {
            var error = Sys.RemoveAttributeAt(parent.Fd, name, AccessAcl);
            Check(error == Errno.ENODATA ? Errno.OK : error, "remove attributes of", entry);
        }
        foreach (var attribute in entry.Attributes)
        {
            if (Words(attribute, entry) is { } value)
            {
                Keep(Sys.SetAttributeAt(parent.Fd, name, Terminated(attribute.Name), value), attribute, entry);
            }
        }
    }

    // The value as this host has to have it, null when the attribute is left out.
    private byte[]? Words(TarAttribute attribute, TarEntry entry)
    {
        if (ImageCheck.OverlayWordsAreLeftOut.Fails(HostAttributes.Contains(attribute.Name)) || (owners.IsRootless && RootlessIds.SequenceEqual(attribute.Name)))
        {
            return null;
        }
        var isDefault = DefaultAcl.SequenceEqual(attribute.Name);
        HasMadeDefaultAcl |= isDefault;
        return isDefault || AccessAcl.SequenceEqual(attribute.Name) ? PosixAcl.Mapped(attribute.Value, owners, entry.Name) : attribute.Value;
    }

    // What this file system or user may not have is missing: a file then has less power, never more. All else is an error: no space, a broken value.
    private void Keep(Errno error, TarAttribute attribute, TarEntry entry)
    {
        if (error is Errno.OK)
        {
            return;
        }
        if (ImageCheck.LossIsOnlyOfPower.Fails(error is not (Errno.EOPNOTSUPP or Errno.EPERM or Errno.EACCES)))
        {
            throw new ErrnoException($"set attribute {TarText.Of(attribute.Name)} of {TarText.Of(entry.Name)}", error);
        }
        losses.Add($"attributes {KindOf(attribute.Name)} are lost, {error.Text()}", entry.Name);
    }

    private static string KindOf(ReadOnlySpan<byte> attribute) =>
        attribute.SequenceEqual("security.capability"u8) ? "security.capability"
        : attribute.StartsWith("user."u8) ? "user.*"
        : attribute.StartsWith("trusted."u8) ? "trusted.*"
        : attribute.StartsWith("security."u8) ? "security.*"
        : attribute.StartsWith("system."u8) ? "system.*"
        : "of unknown kinds";

    private static byte[] Terminated(byte[] name)
    {
        var text = new byte[name.Length + 1];
        name.CopyTo(text, 0);
        return text;
    }
}
