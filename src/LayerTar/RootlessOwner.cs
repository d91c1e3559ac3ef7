using System;

namespace SharpRun.LayerTar;

/// <summary>The attribute user.rootlesscontainers: whose a file is in the container, when here everything is the caller's. A protocol buffer message
/// of two numbers, uid = 1 and gid = 2 (rootlesscontaine.rs, "proto/rootlesscontainers.proto"); umoci writes and reads it.</summary>
public static class RootlessOwner
{
    // "Not changed", which for us is root, as without the attribute.
    private const ulong Unchanged = uint.MaxValue;

    /// <summary>What cannot be read is root's.</summary>
    public static (long Uid, long Gid) Parse(ReadOnlySpan<byte> message)
    {
        var ids = (Uid: 0L, Gid: 0L);
        while (!message.IsEmpty)
        {
            if (!TryNumber(ref message, out var key) || key is not (1 << 3 or 2 << 3) || !TryNumber(ref message, out var id))
            {
                return (0, 0);
            }
            var known = id >= Unchanged ? 0 : (long)id;
            ids = key == 1 << 3 ? (known, ids.Gid) : (ids.Uid, known);
        }
        return ids;
    }

    private static bool TryNumber(ref ReadOnlySpan<byte> message, out ulong number)
    {
        number = 0;
        for (var shift = 0; shift < 64 && !message.IsEmpty; shift += 7)
        {
            var next = message[0];
            message = message[1..];
            number |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return true;
            }
        }
        return false;
    }
}
