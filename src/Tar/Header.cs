using System;

namespace SharpRun.Tar;

/// <summary>
/// The fields of a header block of 512 bytes, of the four forms that are in use (POSIX.1 pax, "ustar Interchange Format"; GNU tar manual,
/// "Basic Tar Format"): V7 without a magic, ustar with a prefix, star with a shorter one, old GNU without one.
/// </summary>
readonly ref struct Header(ReadOnlySpan<byte> block)
{
    public const int Bytes = 512;

    // Where old GNU headers keep the map of a sparse file, and its size with the holes.
    public const int SparseMapAt = 386, SparseMapBytes = 4 * 24, SparseIsLongAt = 482, SparseSizeAt = 483;

    private const int ChecksumAt = 148, ChecksumBytes = 8;

    private readonly ReadOnlySpan<byte> _block = block;

    public byte TypeFlag => _block[156];

    public ReadOnlySpan<byte> Name => Text(0, 100);

    public ReadOnlySpan<byte> LinkName => Text(157, 100);

    public ReadOnlySpan<byte> Mode => _block.Slice(100, 8);

    public ReadOnlySpan<byte> Uid => _block.Slice(108, 8);

    public ReadOnlySpan<byte> Gid => _block.Slice(116, 8);

    public ReadOnlySpan<byte> Size => _block.Slice(124, 12);

    public ReadOnlySpan<byte> ModifiedAt => _block.Slice(136, 12);

    public ReadOnlySpan<byte> DeviceMajor => _block.Slice(329, 8);

    public ReadOnlySpan<byte> DeviceMinor => _block.Slice(337, 8);

    public bool IsGnu => _block.Slice(257, 8).SequenceEqual("ustar  \0"u8);

    public bool IsUstar => _block.Slice(257, 6).SequenceEqual("ustar\0"u8);

    /// <summary>What comes before the name and a slash; empty when the form has none.</summary>
    public ReadOnlySpan<byte> Prefix => !IsUstar ? default : Text(345, _block[508..].SequenceEqual("tar\0"u8) ? 131 : 155);

    public bool IsZero => _block.IndexOfAnyExcept((byte)0) < 0;

    /// <summary>The sum of all bytes, those of the sum itself as spaces. Some old tars took the bytes as signed ones.</summary>
    public bool IsChecksumRight
    {
        get
        {
            if (!Numbers.TryField(_block.Slice(ChecksumAt, ChecksumBytes), out var expected))
            {
                return false;
            }
            int unsigned = Checksum(_block), above = 0;
            for (var i = 0; i < Bytes; i++)
            {
                above += i is >= ChecksumAt and < ChecksumAt + ChecksumBytes ? 0 : _block[i] >> 7;
            }
            return expected == unsigned || expected == unsigned - 256 * above;
        }
    }

    public static int Checksum(ReadOnlySpan<byte> block)
    {
        var sum = ChecksumBytes * ' ';
        foreach (var value in block[..ChecksumAt])
        {
            sum += value;
        }
        foreach (var value in block[(ChecksumAt + ChecksumBytes)..])
        {
            sum += value;
        }
        return sum;
    }

    public ReadOnlySpan<byte> SparseMap => _block.Slice(SparseMapAt, SparseMapBytes);

    public bool IsSparseMapLong => _block[SparseIsLongAt] != 0;

    public ReadOnlySpan<byte> SparseSize => _block.Slice(SparseSizeAt, 12);

    // Up to the first zero; a name that fills its field has none.
    private ReadOnlySpan<byte> Text(int at, int length)
    {
        var text = _block.Slice(at, length);
        var zero = text.IndexOf((byte)0);
        return zero < 0 ? text : text[..zero];
    }
}
