using System;
using System.Runtime.InteropServices;

namespace SharpRun.Image.Unpack;

/// <summary>
/// What the current layer has made, as (inode of the directory, name): whiteouts act on the layers below only, wherever in the layer they stand.
/// By inode and not by path, since links give a directory many paths. A set of hashes with a secret key, 16 bytes an entry: the chance of a mistake is
/// n²/2⁶⁵ in a layer of n entries, and that mistake a whiteout that does nothing.
/// </summary>
sealed class LayerNames
{
    private const int FirstRoom = 1 << 10;

    // The kernel's random bytes, but for the four bits that say "version 4" (RFC 9562): RandomNumberGenerator wants libcrypto.
    private readonly ulong _key = BitConverter.ToUInt64(Guid.NewGuid().ToByteArray()) | 1;
    private ulong[] _slots = new ulong[FirstRoom];

    public int Count { get; private set; }

    public void Clear()
    {
        _slots = new ulong[FirstRoom];
        Count = 0;
    }

    public void Add(ulong directory, ReadOnlySpan<byte> name)
    {
        if (4 * Count >= 3 * _slots.Length)
        {
            var old = _slots;
            _slots = new ulong[2 * old.Length];
            foreach (var hash in old)
            {
                if (hash != 0)
                {
                    _slots[Slot(hash)] = hash;
                }
            }
        }
        var added = Hash(directory, name);
        ref var slot = ref _slots[Slot(added)];
        Count += slot == 0 ? 1 : 0;
        slot = added;
    }

    public bool Contains(ulong directory, ReadOnlySpan<byte> name) => _slots[Slot(Hash(directory, name))] != 0;

    // Where the hash is, or would be: the next free place from its own on.
    private int Slot(ulong hash)
    {
        var at = (int)(hash & (uint)(_slots.Length - 1));
        while (_slots[at] != 0 && _slots[at] != hash)
        {
            at = (at + 1) & (_slots.Length - 1);
        }
        return at;
    }

    // Multiplication of two words into 128 bits, both halves folded (as wyhash does), eight bytes at a time. Never zero: that is a free place.
    private ulong Hash(ulong directory, ReadOnlySpan<byte> name)
    {
        var hash = Fold(_key ^ directory, 0x9E3779B97F4A7C15 ^ (uint)name.Length);
        while (name.Length >= 8)
        {
            hash = Fold(hash ^ MemoryMarshal.Read<ulong>(name), _key);
            name = name[8..];
        }
        var last = 0ul;
        foreach (var value in name)
        {
            last = last << 8 | value;
        }
        return Fold(hash ^ last, _key ^ 0xD6E8FEB86659FD93) | 1;
    }

    private static ulong Fold(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return high ^ low;
    }
}
