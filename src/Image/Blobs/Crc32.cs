using System;
using System.Runtime.InteropServices;

namespace SharpRun.Image.Blobs;

/// <summary>The check of gzip (RFC 1952, section 8), eight bytes at a time.</summary>
static class Crc32
{
    private const uint Polynomial = 0xedb88320;

    private static readonly uint[][] s_tables = Tables();

    /// <summary>Of what came before and these bytes; 0 before the first.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        var t = s_tables;
        crc = ~crc;
        // Little-endian, as every machine that .NET runs on here.
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            var low = (uint)word ^ crc;
            var high = (uint)(word >> 32);
            crc = t[7][low & 0xff] ^ t[6][(low >> 8) & 0xff] ^ t[5][(low >> 16) & 0xff] ^ t[4][low >> 24]
                ^ t[3][high & 0xff] ^ t[2][(high >> 8) & 0xff] ^ t[1][(high >> 16) & 0xff] ^ t[0][high >> 24];
        }
        foreach (var value in bytes[(bytes.Length & ~7)..])
        {
            crc = crc >> 8 ^ t[0][(byte)(crc ^ value)];
        }
        return ~crc;
    }

    private static uint[][] Tables()
    {
        var tables = new uint[8][];
        for (var i = 0; i < tables.Length; i++)
        {
            tables[i] = new uint[256];
            for (var value = 0u; value < 256; value++)
            {
                var crc = i == 0 ? value : tables[i - 1][value];
                for (var bit = 0; i == 0 && bit < 8; bit++)
                {
                    crc = crc >> 1 ^ ((crc & 1) != 0 ? Polynomial : 0);
                }
                tables[i][value] = i == 0 ? crc : crc >> 8 ^ tables[0][crc & 0xff];
            }
        }
        return tables;
    }
}
