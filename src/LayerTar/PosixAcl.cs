using System;
using System.Buffers.Binary;

namespace SharpRun.LayerTar;

/// <summary>The value of system.posix_acl_access and _default (linux/posix_acl_xattr.h): a version of four bytes, then records of tag (2),
/// permissions (2) and id (4), little-endian. The ids are those of the namespace of whoever sets it.</summary>
public static class PosixAcl
{
    // overflowuid of linux/highuid.h.
    private const uint OverflowId = 65534;

    private const int HeaderBytes = 4, RecordBytes = 8;

    // ACL_USER and ACL_GROUP of linux/posix_acl.h: only these name somebody.
    private const ushort User = 2, Group = 8;

    public static byte[] Mapped(byte[] value, Owners owners, byte[] name) => Mapped(value, owners,
        id => owners.Uids.ToHost(id) ?? throw Owners.Outside("uid", id, owners.Uids, name),
        id => owners.Gids.ToHost(id) ?? throw Owners.Outside("gid", id, owners.Gids, name));

    /// <summary>With the ids of the container. One that nobody there has becomes the overflow id, which gives nothing to anybody.</summary>
    public static byte[] Unmapped(byte[] value, Owners owners) => Mapped(value, owners,
        id => owners.Uids.ToContainer(id) ?? OverflowId, id => owners.Gids.ToContainer(id) ?? OverflowId);

    private static byte[] Mapped(byte[] value, Owners owners, Func<uint, uint> uid, Func<uint, uint> gid)
    {
        if (owners.Uids.IsIdentity && owners.Gids.IsIdentity)
        {
            return value;
        }
        var mapped = (byte[])value.Clone();
        for (var at = HeaderBytes; at + RecordBytes <= mapped.Length; at += RecordBytes)
        {
            var tag = BinaryPrimitives.ReadUInt16LittleEndian(mapped.AsSpan(at));
            if (tag is User or Group)
            {
                var id = BinaryPrimitives.ReadUInt32LittleEndian(mapped.AsSpan(at + 4));
                var host = tag == User ? uid(id) : gid(id);
                BinaryPrimitives.WriteUInt32LittleEndian(mapped.AsSpan(at + 4), host);
            }
        }
        return mapped;
    }
}
