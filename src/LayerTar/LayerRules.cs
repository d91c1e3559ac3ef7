using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Globalization;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.LayerTar;

/// <summary>How what stands on this machine is said in a layer: whose it is in the container, and which attributes are the image's.</summary>
public sealed class LayerRules(Owners owners, Action<string> warn)
{
    // struct vfs_ns_cap_data of linux/capability.h: magic and flags, two pairs of masks, and in revision 3 the root's id.
    private const int CapabilityLength = 20, NamespacedLength = 24;
    private const uint RevisionMask = 0xFF000000, Revision2 = 0x02000000, Revision3 = 0x03000000;

    private const uint NoId = uint.MaxValue;

    public Owners Owners { get; } = owners;

    /// <summary>A sentence for people.</summary>
    public Action<string> Warn { get; } = warn;

    /// <summary>The tree is an overlay's upper directory, whose marks become those of a layer.</summary>
    public bool IsUpper { get; init; }

    /// <summary>The entry as the layer has it, with the tree's times.</summary>
    public TarEntry EntryOf(TreeEntry entry, TreeRoot root)
    {
        var (uid, gid) = IdsOf(entry, root);
        return new TarEntry(entry.Kind, entry.Path)
        {
            LinkName = entry.LinkTarget,
            Mode = entry.Status.IsSymlink ? 0x1FF : entry.Status.Mode & 0xFFF,
            Uid = uid,
            Gid = gid,
            Size = entry.Status.IsRegular ? (long)entry.Status.Size : 0,
            ModifiedAt = entry.ModifiedAt,
            DeviceMajor = entry.Status.RdevMajor,
            DeviceMinor = entry.Status.RdevMinor,
            Attributes = AttributesOf(entry),
        };
    }

    /// <summary>Whether an attribute of a tree or of a layer is the image's own. The others are this machine's, and unpacking leaves out the same.</summary>
    public bool Keeps(ReadOnlySpan<byte> attribute)
    {
        // Without root those two cannot be set, and so are not in the tree whatever the image says.
        var isRootless = Owners.IsRootless && (attribute.SequenceEqual("user.rootlesscontainers"u8)
            || attribute.StartsWith("security."u8) || attribute.StartsWith("trusted."u8));
        return !HostAttributes.Contains(attribute) && !isRootless;
    }

    /// <summary>Of the tree's, those that are the image's, sorted by name.</summary>
    public List<TarAttribute> AttributesOf(TreeEntry entry)
    {
        var kept = new List<TarAttribute>();
        foreach (var attribute in entry.Attributes)
        {
            if (Keeps(attribute.Name))
            {
                kept.Add(InContainer(attribute));
            }
        }
        return kept;
    }

    private TarAttribute InContainer(TarAttribute attribute)
    {
        if (attribute.Name.AsSpan().StartsWith("system.posix_acl_"u8))
        {
            return attribute with { Value = PosixAcl.Unmapped(attribute.Value, Owners) };
        }
        return attribute.Name.AsSpan().SequenceEqual("security.capability"u8) ? WithoutNamespace(attribute) : attribute;
    }

    // A file capability that was set inside of a user namespace names that namespace's root by its id here (user_namespaces(7), capabilities(7)).
    // In an image it belongs to the container's root, which is what the older form says.
    private static TarAttribute WithoutNamespace(TarAttribute capability)
    {
        var value = capability.Value;
        if (value.Length != NamespacedLength)
        {
            return capability;
        }
        var magic = BinaryPrimitives.ReadUInt32LittleEndian(value);
        if ((magic & RevisionMask) != Revision3)
        {
            return capability;
        }
        var plain = value[..CapabilityLength];
        BinaryPrimitives.WriteUInt32LittleEndian(plain, (magic & ~RevisionMask) | Revision2);
        return capability with { Value = plain };
    }

    private (long Uid, long Gid) IdsOf(TreeEntry entry, TreeRoot root)
    {
        if (Owners.IsRootless)
        {
            return RootlessOwner.Parse(entry.Attribute("user.rootlesscontainers"u8));
        }
        return (InContainer("uid", entry.Status.Uid, Owners.Uids), InContainer("gid", entry.Status.Gid, Owners.Gids));

        long InContainer(string kind, uint id, IdMap map) => map.ToContainer(id) ?? throw new ImageError(string.Create(CultureInfo.InvariantCulture,
            $"{root.Act("pack", entry.Path)}: its {kind} {id} is nobody's in the container, --{kind}-map is {map}"));
    }
}
