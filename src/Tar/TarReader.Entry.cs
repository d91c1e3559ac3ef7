using System;
using System.Buffers;

namespace SharpRun.Tar;

partial class TarReader
{
    // Adding the padding to it does not overflow.
    private const long LargestSize = long.MaxValue - Header.Bytes;

    private TarEntry ReadEntry(Header header, long start, PaxRecords records, byte[]? longName, byte[]? longLink)
    {
        _name = records.SparseName ?? longName ?? records.Path ?? NameOf(header);
        if (_name.Length == 0)
        {
            throw ErrorAt(start, "an entry without a name");
        }
        var kind = KindOf(header.TypeFlag, _name);
        // The archive holds no data for other kinds, whatever size they say: a directory may have one as a hint, a hard link that of its file.
        var isFile = kind == TarKind.File;
        var size = isFile || header.TypeFlag != (byte)'5' && kind == TarKind.Directory ? SizeOf(header, records) : 0;
        if (TarCheck.DirectoryHasNoData.Fails(kind == TarKind.Directory && size != 0))
        {
            throw Error("its name is that of a directory, but it has data");
        }
        if (TarCheck.OnlyFilesAreSparse.Fails(!isFile && records.SparseName is not null))
        {
            throw Error("it has the records of a sparse file, but is none");
        }
        var entry = new TarEntry(kind, Checked(_name, "name"))
        {
            LinkName = kind is TarKind.HardLink or TarKind.Symlink ? LinkOf(header, records, longLink) : [],
            Mode = (uint)Field(header.Mode, "mode") & 0xfff,
            Uid = NotNegative(records.Uid ?? Field(header.Uid, "uid"), "uid"),
            Gid = NotNegative(records.Gid ?? Field(header.Gid, "gid"), "gid"),
            ModifiedAt = records.ModifiedAt ?? new TarTime(Field(header.ModifiedAt, "modification time"), 0),
            DeviceMajor = kind is TarKind.CharDevice or TarKind.BlockDevice ? Device(records.DeviceMajor, header, header.DeviceMajor) : 0,
            DeviceMinor = kind is TarKind.CharDevice or TarKind.BlockDevice ? Device(records.DeviceMinor, header, header.DeviceMinor) : 0,
            Attributes = records.Attributes.Count == 0 ? [] : records.Attributes.ToArray(),
        };
        (_remaining, _padding) = (size, PaddingOf(size));
        return isFile ? WithData(entry, header, records) : entry;
    }

    private static byte[] NameOf(Header header)
    {
        var prefix = header.Prefix;
        return prefix.IsEmpty ? header.Name.ToArray() : [.. prefix, (byte)'/', .. header.Name];
    }

    private TarKind KindOf(byte flag, ReadOnlySpan<byte> name) => flag switch
    {
        // V7 has no directories but names that end like one. '7' is a file that was contiguous on its disk.
        0 or (byte)'0' or (byte)'7' => name[^1] == '/' ? TarKind.Directory : TarKind.File,
        (byte)'1' => TarKind.HardLink,
        (byte)'2' => TarKind.Symlink,
        (byte)'3' => TarKind.CharDevice,
        (byte)'4' => TarKind.BlockDevice,
        (byte)'5' => TarKind.Directory,
        (byte)'6' => TarKind.Fifo,
        (byte)'S' => TarKind.File,
        _ => throw Error($"its type '{TarText.Of([flag])}' is none of a file system's entries"),
    };

    private long SizeOf(Header header, PaxRecords records)
    {
        var size = records.Size ?? Field(header.Size, "size");
        return TarCheck.SizeIsNotNegative.Passes(size is >= 0 and <= LargestSize) ? size : throw Error($"a size of {size} bytes");
    }

    private byte[] LinkOf(Header header, PaxRecords records, byte[]? longLink)
    {
        var link = longLink ?? records.LinkPath ?? header.LinkName.ToArray();
        return TarCheck.LinkLeadsSomewhere.Passes(link.Length > 0) ? Checked(link, "link name") : throw Error("a link that leads nowhere");
    }

    private byte[] Checked(byte[] path, string what) =>
        TarCheck.PathIsShort.Passes(path.Length <= limits.PathBytes) ? path : throw Error($"a {what} of {path.Length} bytes, more than {limits.PathBytes}");

    private long Field(ReadOnlySpan<byte> field, string what) =>
        Numbers.TryField(field, out var number) ? number : throw Error($"its {what} is no number");

    private long NotNegative(long number, string what) => TarCheck.IdIsNotNegative.Passes(number >= 0) ? number : throw Error($"a {what} of {number}");

    // V7 headers have no device numbers, whatever stands there.
    private uint Device(long? record, Header header, ReadOnlySpan<byte> field)
    {
        var number = record ?? (header.IsUstar || header.IsGnu ? Field(field, "device number") : 0);
        return TarCheck.DeviceNumberFits.Passes(number is >= 0 and <= uint.MaxValue) ? (uint)number : throw Error($"a device number of {number}");
    }
}
