using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using SharpRun.Tar;

namespace SharpRun.Image.Tests.Nasty;

/// <summary>Layers as tar archives: every fact in a PAX header (pax(1), "pax Interchange Format"), so that nothing is too long or too old.
/// Not our TarWriter, which would never write some of these.</summary>
static class NastyArchive
{
    private const int Block = 512;

    public static byte[] Of(IEnumerable<NastyEntry> layer)
    {
        using var archive = new MemoryStream();
        foreach (var entry in layer)
        {
            Write(archive, entry);
        }
        archive.Write(new byte[2 * Block]);
        return archive.ToArray();
    }

    private static void Write(MemoryStream archive, NastyEntry entry)
    {
        var data = entry.IsSparse ? SparseData(entry.Data) : entry.Data;
        using var records = new MemoryStream();
        Record(records, "path", entry.IsSparse ? "GNUSparseFile.0/x" : entry.Name);
        if (entry.IsSparse)
        {
            Record(records, "GNU.sparse.major", "1");
            Record(records, "GNU.sparse.minor", "0");
            Record(records, "GNU.sparse.name", entry.Name);
            Record(records, "GNU.sparse.realsize", entry.Data.Length.ToString(CultureInfo.InvariantCulture));
        }
        if (entry.Link.Length > 0)
        {
            Record(records, "linkpath", entry.Link);
        }
        Record(records, "uid", entry.Uid.ToString(CultureInfo.InvariantCulture));
        Record(records, "gid", entry.Gid.ToString(CultureInfo.InvariantCulture));
        Record(records, "mtime", Decimal(entry.Time));
        foreach (var (name, value) in entry.Attributes)
        {
            Record(records, "SCHILY.xattr." + name, value);
        }
        Header(archive, (byte)'x', "PaxHeaders/x", 0, records.Length, default, default);
        Padded(archive, records.ToArray());
        Header(archive, TypeOf(entry.Kind), "x", entry.Mode, data.Length, entry.Major, entry.Minor);
        Padded(archive, data);
    }

    private static byte TypeOf(TarKind kind) => (byte)(kind switch
    {
        TarKind.File => '0',
        TarKind.HardLink => '1',
        TarKind.Symlink => '2',
        TarKind.CharDevice => '3',
        TarKind.BlockDevice => '4',
        TarKind.Directory => '5',
        _ => '6',
    });

    // "LENGTH KEY=VALUE\n": the length counts itself.
    private static void Record(MemoryStream records, string key, string value)
    {
        var rest = key.Length + value.Length + 3;
        var length = rest + 1;
        while (length != rest + length.ToString(CultureInfo.InvariantCulture).Length)
        {
            length = rest + length.ToString(CultureInfo.InvariantCulture).Length;
        }
        records.Write(TreeText.Bytes($"{length} {key}={value}\n"));
    }

    // A time before 1970 is written with its sign before the whole: -1.5 is 1.5 s before.
    private static string Decimal(TarTime time) => time.Seconds < 0 && time.Nanoseconds > 0
        ? $"-{-(time.Seconds + 1)}.{1_000_000_000 - time.Nanoseconds:D9}"
        : $"{time.Seconds}.{time.Nanoseconds:D9}";

    private static void Header(MemoryStream archive, byte type, string name, uint mode, long size, uint major, uint minor)
    {
        var header = new byte[Block];
        void Put(int at, string text) => TreeText.Bytes(text).CopyTo(header, at);
        void Octal(int at, int digits, long value) => Put(at, Convert.ToString(value, 8).PadLeft(digits, '0'));
        Put(0, name);
        Octal(100, 7, mode);
        Octal(108, 7, 0);
        Octal(116, 7, 0);
        Octal(124, 11, size);
        Octal(136, 11, 0);
        header[156] = type;
        Put(257, "ustar\0" + "00");
        Octal(329, 7, major);
        Octal(337, 7, minor);
        header.AsSpan(148, 8).Fill((byte)' ');
        Put(148, Convert.ToString(header.Sum(octet => octet), 8).PadLeft(6, '0') + "\0 ");
        archive.Write(header);
    }

    private static void Padded(MemoryStream archive, byte[] data)
    {
        archive.Write(data);
        archive.Write(new byte[(Block - data.Length % Block) % Block]);
    }

    // GNU tar's manual, "PAX Format, Version 1.0": the number of pieces, then offset and length of each, a line each, padded; then the pieces.
    private static byte[] SparseData(byte[] data)
    {
        var pieces = new List<(int Offset, int Length)>();
        for (var at = 0; at < data.Length; at += Block)
        {
            var length = Math.Min(Block, data.Length - at);
            if (data.AsSpan(at, length).IndexOfAnyExcept((byte)0) >= 0)
            {
                pieces.Add((at, length));
            }
        }
        if (data.Length % Block == 0 && (pieces.Count == 0 || pieces[^1].Offset + pieces[^1].Length < data.Length))
        {
            pieces.Add((data.Length, 0));
        }
        using var written = new MemoryStream();
        Padded(written, TreeText.Bytes($"{pieces.Count}\n" + string.Concat(pieces.Select(piece => $"{piece.Offset}\n{piece.Length}\n"))));
        foreach (var (offset, length) in pieces)
        {
            written.Write(data, offset, length);
        }
        return written.ToArray();
    }
}
