using System;
using System.Buffers;
using System.Buffers.Text;
using System.Collections.Generic;
using System.Text;

namespace SharpRun.Tar;

/// <summary>Header blocks, and the records for what does not fit into one. The block must be zeros before.</summary>
static class EntryHeader
{
    // A field of 8 or 12 bytes holds 7 or 11 octal digits and a final zero.
    private const long LargestId = (1 << 21) - 1, LargestSize = (1L << 33) - 1;

    private const int NameBytes = 100, PrefixBytes = 155;

    /// <summary>The records of the PAX header that must come before it, in the order of their keys; mostly none.</summary>
    public static ReadOnlySpan<byte> Fill(Span<byte> block, TarEntry entry, byte[] name)
    {
        var records = new SortedList<byte[], byte[]>(Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)));
        foreach (var attribute in entry.Attributes)
        {
            records[[.. "SCHILY.xattr."u8, .. AttributeNames.Encode(attribute.Name)]] = attribute.Value;
        }
        if (!TrySplit(name, out var prefix))
        {
            records["path"u8.ToArray()] = name;
        }
        name.AsSpan(prefix == 0 ? 0 : prefix + 1, Math.Min(name.Length - (prefix == 0 ? 0 : prefix + 1), NameBytes)).CopyTo(block);
        name.AsSpan(0, prefix).CopyTo(block[345..]);
        if (entry.LinkName.Length > NameBytes || !Ascii.IsValid(entry.LinkName))
        {
            records["linkpath"u8.ToArray()] = entry.LinkName;
        }
        entry.LinkName.AsSpan(0, Math.Min(entry.LinkName.Length, NameBytes)).CopyTo(block[157..]);
        var isDevice = entry.Kind is TarKind.CharDevice or TarKind.BlockDevice;
        Put(block.Slice(100, 8), entry.Mode & 0xfff);
        PutOrRecord(block.Slice(108, 8), entry.Uid, LargestId, "uid"u8, records);
        PutOrRecord(block.Slice(116, 8), entry.Gid, LargestId, "gid"u8, records);
        PutOrRecord(block.Slice(124, 12), entry.Kind == TarKind.File ? entry.Size : 0, LargestSize, "size"u8, records);
        PutTime(block.Slice(136, 12), entry.ModifiedAt, records);
        PutOrRecord(block.Slice(329, 8), isDevice ? entry.DeviceMajor : 0, LargestId, "SCHILY.devmajor"u8, records);
        PutOrRecord(block.Slice(337, 8), isDevice ? entry.DeviceMinor : 0, LargestId, "SCHILY.devminor"u8, records);
        block[156] = entry.Kind switch
        {
            TarKind.HardLink => (byte)'1',
            TarKind.Symlink => (byte)'2',
            TarKind.CharDevice => (byte)'3',
            TarKind.BlockDevice => (byte)'4',
            TarKind.Directory => (byte)'5',
            TarKind.Fifo => (byte)'6',
            _ => (byte)'0',
        };
        Seal(block);
        return Join(records);
    }

    /// <summary>The header of the records themselves. Tools that do not know it make a file of its name.</summary>
    public static void FillExtended(Span<byte> block, ReadOnlySpan<byte> name, int size)
    {
        name = name.TrimEnd((byte)'/');
        name = name[(name.LastIndexOf((byte)'/') + 1)..];
        var at = "PaxHeaders.0/"u8.Length;
        "PaxHeaders.0/"u8.CopyTo(block);
        foreach (var letter in name[..Math.Min(name.Length, NameBytes - at)])
        {
            block[at++] = letter < 0x80 ? letter : (byte)'_';
        }
        Put(block.Slice(100, 8), 420);
        Put(block.Slice(108, 8), 0);
        Put(block.Slice(116, 8), 0);
        Put(block.Slice(124, 12), size);
        Put(block.Slice(136, 12), 0);
        block[156] = (byte)'x';
        Seal(block);
    }

    // A name of up to 100 bytes, or one that has a slash with up to 155 before it and up to 100 after it.
    private static bool TrySplit(ReadOnlySpan<byte> name, out int prefix)
    {
        prefix = 0;
        if (!Ascii.IsValid(name))
        {
            return false;
        }
        if (name.Length <= NameBytes)
        {
            return true;
        }
        // The last byte of a directory's name is no place to split at.
        var slash = name[..Math.Min(PrefixBytes + 1, name.Length - 1)].LastIndexOf((byte)'/');
        if (slash < 1 || name.Length - slash - 1 > NameBytes)
        {
            return false;
        }
        prefix = slash;
        return true;
    }

    private static void PutOrRecord(Span<byte> field, long number, long largest, ReadOnlySpan<byte> key, SortedList<byte[], byte[]> records)
    {
        if (number > largest)
        {
            records[key.ToArray()] = Decimal(number);
            number = 0;
        }
        Put(field, number);
    }

    private static void PutTime(Span<byte> field, TarTime time, SortedList<byte[], byte[]> records)
    {
        if (time.Nanoseconds != 0 || time.Seconds is < 0 or > LargestSize)
        {
            records["mtime"u8.ToArray()] = TimeText(time);
        }
        Put(field, Math.Clamp(time.Seconds, 0, LargestSize));
    }

    // Half a second before the second -1 is (-2, 500,000,000) and "-1.5".
    private static byte[] TimeText(TarTime time)
    {
        var isBefore = time.Seconds < 0 && time.Nanoseconds != 0;
        var seconds = isBefore ? time.Seconds + 1 : time.Seconds;
        var nanoseconds = isBefore ? 1_000_000_000 - time.Nanoseconds : time.Nanoseconds;
        var text = new ArrayBufferWriter<byte>(32);
        if (isBefore && seconds == 0)
        {
            text.Write("-"u8);
        }
        text.Write(Decimal(seconds));
        if (nanoseconds != 0)
        {
            Span<byte> digits = stackalloc byte[10];
            Utf8Formatter.TryFormat(1_000_000_000L + nanoseconds, digits, out _);
            digits[0] = (byte)'.';
            text.Write(digits.TrimEnd((byte)'0'));
        }
        return text.WrittenSpan.ToArray();
    }

    private static byte[] Decimal(long number)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(number, digits, out var length);
        return digits[..length].ToArray();
    }

    private static void Put(Span<byte> field, long number)
    {
        for (var i = field.Length - 2; i >= 0; i--)
        {
            field[i] = (byte)('0' + (number & 7));
            number >>= 3;
        }
    }

    private static void Seal(Span<byte> block)
    {
        "ustar\0"u8.CopyTo(block[257..]);
        "00"u8.CopyTo(block[263..]);
        Put(block.Slice(148, 7), Header.Checksum(block));
        block[155] = (byte)' ';
    }

    private static ReadOnlySpan<byte> Join(SortedList<byte[], byte[]> records)
    {
        var joined = new ArrayBufferWriter<byte>();
        foreach (var (key, value) in records)
        {
            // The length counts its own digits.
            var rest = key.Length + value.Length + 3;
            var length = rest + Decimal(rest).Length;
            length = rest + Decimal(length).Length;
            joined.Write([.. Decimal(length), (byte)' ', .. key, (byte)'=', .. value, (byte)'\n']);
        }
        return joined.WrittenSpan;
    }
}
