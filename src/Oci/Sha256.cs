using System;
using System.Buffers.Binary;
using System.Numerics;

namespace SharpRun.Oci;

/// <summary>SHA-256 (FIPS 180-4), for machines without libcrypto.</summary>
public sealed class Sha256
{
    private const int BlockBytes = 64;

    // The first 32 bits of the fractions of the cube roots of the first 64 primes (4.2.2).
    private static readonly uint[] s_constants =
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    // The same of the square roots of the first 8 primes (5.3.3).
    private readonly uint[] _state = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

    private readonly byte[] _block = new byte[BlockBytes];
    private int _used;
    private ulong _length;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _length += (ulong)bytes.Length;
        while (!bytes.IsEmpty)
        {
            if (_used == 0 && bytes.Length >= BlockBytes)
            {
                Take(bytes[..BlockBytes]);
                bytes = bytes[BlockBytes..];
                continue;
            }
            var count = Math.Min(bytes.Length, BlockBytes - _used);
            bytes[..count].CopyTo(_block.AsSpan(_used));
            _used += count;
            bytes = bytes[count..];
            if (_used == BlockBytes)
            {
                Take(_block);
                _used = 0;
            }
        }
    }

    /// <summary>The 32 bytes of the hash. The last call.</summary>
    public void Finish(Span<byte> hash)
    {
        // A bit that is set, zeros, and the length in bits at the end of a block (5.1.1).
        Span<byte> end = stackalloc byte[2 * BlockBytes];
        end.Clear();
        end[0] = 0x80;
        var count = (_used < BlockBytes - 8 ? BlockBytes : 2 * BlockBytes) - _used;
        BinaryPrimitives.WriteUInt64BigEndian(end[(count - 8)..], _length * 8);
        Append(end[..count]);
        for (var i = 0; i < _state.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(hash[(4 * i)..], _state[i]);
        }
    }

    // 6.2.2.
    private void Take(ReadOnlySpan<byte> block)
    {
        Span<uint> w = stackalloc uint[64];
        for (var t = 0; t < 16; t++)
        {
            w[t] = BinaryPrimitives.ReadUInt32BigEndian(block[(4 * t)..]);
        }
        for (var t = 16; t < 64; t++)
        {
            var s0 = BitOperations.RotateRight(w[t - 15], 7) ^ BitOperations.RotateRight(w[t - 15], 18) ^ w[t - 15] >> 3;
            var s1 = BitOperations.RotateRight(w[t - 2], 17) ^ BitOperations.RotateRight(w[t - 2], 19) ^ w[t - 2] >> 10;
            w[t] = w[t - 16] + s0 + w[t - 7] + s1;
        }
        uint a = _state[0], b = _state[1], c = _state[2], d = _state[3], e = _state[4], f = _state[5], g = _state[6], h = _state[7];
        for (var t = 0; t < 64; t++)
        {
            var t1 = h + (BitOperations.RotateRight(e, 6) ^ BitOperations.RotateRight(e, 11) ^ BitOperations.RotateRight(e, 25))
                + ((e & f) ^ (~e & g)) + s_constants[t] + w[t];
            var t2 = (BitOperations.RotateRight(a, 2) ^ BitOperations.RotateRight(a, 13) ^ BitOperations.RotateRight(a, 22))
                + ((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d + t1, c, b, a, t1 + t2);
        }
        ReadOnlySpan<uint> sums = [a, b, c, d, e, f, g, h];
        for (var i = 0; i < sums.Length; i++)
        {
            _state[i] += sums[i];
        }
    }
}
