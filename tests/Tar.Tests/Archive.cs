using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace SharpRun.Tar.Tests;

/// <summary>Archives made by hand, byte by byte, without the code that is tested.</summary>
static class Archive
{
    public static byte[] Bytes(string latin) => Encoding.Latin1.GetBytes(latin);

    public static string Text(byte[] bytes) => Encoding.Latin1.GetString(bytes);

    /// <summary>A header block with a right checksum. Numbers are texts, as they stand in their fields; change gets the block before the sum.</summary>
    public static byte[] Header(string name, char type = '0', string size = "0", string link = "", string magic = "ustar\000", string prefix = "",
        string mode = "644", string uid = "0", string gid = "0", string mtime = "0", Action<byte[]>? change = null)
    {
        var block = new byte[512];
        Put(block, 0, name);
        Put(block, 100, mode);
        Put(block, 108, uid);
        Put(block, 116, gid);
        Put(block, 124, size);
        Put(block, 136, mtime);
        block[156] = (byte)type;
        Put(block, 157, link);
        Put(block, 257, magic);
        Put(block, 345, prefix);
        change?.Invoke(block);
        return Sum(block, block.Sum(value => value));
    }

    public static void Put(byte[] block, int at, string text) => Bytes(text).CopyTo(block, at);

    public static byte[] Sum(byte[] block, int sumOfBytes)
    {
        var sum = sumOfBytes - block.AsSpan(148, 8).ToArray().Sum(value => value) + 8 * ' ';
        Put(block, 148, Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ");
        return block;
    }

    public static byte[] Data(string content) => Padded(Bytes(content));

    public static byte[] Padded(byte[] content) => [.. content, .. new byte[-content.Length & 511]];

    public static string Octal(long number) => Convert.ToString(number, 8);

    public static byte[] Record(string key, string value)
    {
        var length = key.Length + value.Length + 3;
        while ($"{length} {key}={value}\n".Length != length)
        {
            length++;
        }
        return Bytes($"{length} {key}={value}\n");
    }

    /// <summary>An extended header of these records, given as they stand.</summary>
    public static byte[] Pax(byte[] records, char type = 'x') => [.. Header("PaxHeaders/x", type, Octal(records.Length)), .. Padded(records)];

    public static byte[] Pax(params (string Key, string Value)[] records) => Pax([.. records.SelectMany(one => Record(one.Key, one.Value))]);

    public static byte[] Long(char type, string name) =>
        [.. Header("././@LongLink", type, Octal(name.Length + 1), magic: "ustar  \0"), .. Data(name + "\0")];

    public static byte[] End => new byte[1024];

    public static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(part => part), .. End];

    public static TarReader Reader(byte[] archive, TarLimits? limits = null) => new(new MemoryStream(archive), limits ?? TarLimits.Default);

    /// <summary>All entries with their content, holes as zeros.</summary>
    public static List<(TarEntry Entry, byte[] Content)> Read(byte[] archive, TarLimits? limits = null) => Read(new MemoryStream(archive), limits);

    public static List<(TarEntry Entry, byte[] Content)> Read(Stream archive, TarLimits? limits = null)
    {
        var reader = new TarReader(archive, limits ?? TarLimits.Default);
        var entries = new List<(TarEntry, byte[])>();
        while (reader.Next() is { } entry)
        {
            entries.Add((entry, Content(reader, entry)));
        }
        return entries;
    }

    public static byte[] Content(TarReader reader, TarEntry entry)
    {
        var content = new byte[entry.Size];
        var buffer = new byte[700];
        var end = 0L;
        while (reader.ReadData(buffer, out var offset) is var count and > 0)
        {
            Xunit.Assert.True(offset >= end, "pieces come in order");
            buffer.AsSpan(0, count).CopyTo(content.AsSpan((int)offset));
            end = offset + count;
        }
        return content;
    }

    public static (TarEntry Entry, byte[] Content) One(params byte[][] parts) => Xunit.Assert.Single(Read(Join(parts)));

    public static string Error(params byte[][] parts) => Xunit.Assert.Throws<TarError>(() => Read(Join(parts))).Message;

    public static void Same(TarEntry expected, TarEntry actual)
    {
        Xunit.Assert.Equal(Text(expected.Name), Text(actual.Name));
        Xunit.Assert.Equal(Text(expected.LinkName), Text(actual.LinkName));
        Xunit.Assert.Equal(Names(expected), Names(actual));
        Xunit.Assert.Equal(expected with { Name = [], LinkName = [], Attributes = [] }, actual with { Name = [], LinkName = [], Attributes = [] });
    }

    private static IEnumerable<string> Names(TarEntry entry) =>
        entry.Attributes.Select(one => $"{Text(one.Name)}={Text(one.Value)}").Order(StringComparer.Ordinal);
}
