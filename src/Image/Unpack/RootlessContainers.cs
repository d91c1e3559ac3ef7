using System.Collections.Generic;
using System.Numerics;

namespace SharpRun.Image.Unpack;

/// <summary>The value of the attribute user.rootlesscontainers (rootlesscontaine.rs, rootlesscontainers.proto): message Resource { uint32 uid = 1;
/// uint32 gid = 2; }, zeros left out.</summary>
static class RootlessContainers
{
    private const byte UidTag = 1 << 3, GidTag = 2 << 3;

    public static byte[] Of(long uid, long gid)
    {
        var bytes = new List<byte>(12);
        Add(bytes, UidTag, (uint)uid);
        Add(bytes, GidTag, (uint)gid);
        return [.. bytes];
    }

    // A varint: seven bits a byte, the lowest first, the eighth says that more follow.
    private static void Add(List<byte> bytes, byte tag, uint id)
    {
        if (id == 0)
        {
            return;
        }
        bytes.Add(tag);
        for (; BitOperations.Log2(id) >= 7; id >>= 7)
        {
            bytes.Add((byte)(id & 0x7F | 0x80));
        }
        bytes.Add((byte)id);
    }
}
