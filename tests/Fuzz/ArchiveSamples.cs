using System;
using System.IO;
using System.Linq;
using System.Text;
using SharpRun.Tar;

namespace SharpRun.Fuzz;

/// <summary>Archives with something of everything: what the writer writes, and headers of its making with another type and content.</summary>
static class ArchiveSamples
{
    public static byte[][] All { get; } =
    [
        Join(One(TarKind.Directory, "a/"), One(TarKind.File, "a/f", "hello"), One(TarKind.HardLink, "h", link: "a/f"), One(TarKind.Symlink, "s", link: "../x"),
            One(TarKind.CharDevice, "c"), One(TarKind.Fifo, "p"), One(TarKind.File, ".wh.f"), One(TarKind.File, "last", new string('x', 1500))),
        Join(One(TarKind.File, new string('n', 300), "1234567890"), One(TarKind.Symlink, "s", link: new string('l', 200)), One(TarKind.File, "\u00e9", "x")),
        Join(Typed('g', "20 mtime=1234567.25\n12 uid=1234\n"), One(TarKind.File, "f", "x"), Typed('x', "25 SCHILY.xattr.user.x=\n\n8 uid=\n12 path=b/c\n"), One(TarKind.File, "f", "y")),
        Join(Typed('L', new string('n', 700) + "\0"), Typed('K', new string('k', 200) + "\0"), One(TarKind.HardLink, "h", link: "x")),
        Join(Old([(1000, 5), (5000, 5)], 8000, "0123456789"), One(TarKind.File, "next", "x")),
        Join(Old([.. Enumerable.Range(0, 30).Select(i => (i * 1000L, 1L))], 100_000, new string('o', 30)), One(TarKind.File, "next")),
        Join(Typed('x', "22 GNU.sparse.size=30\n24 GNU.sparse.offset=10\n24 GNU.sparse.numbytes=5\n".Replace("24 GNU.sparse.n", "25 GNU.sparse.n")), One(TarKind.File, "s", "01234")),
        Join(Typed('x', "24 GNU.sparse.size=2000\n30 GNU.sparse.map=1,5,1000,5\n23 GNU.sparse.name=d/s\n"), One(TarKind.File, "s", "0123456789")),
        Join(Typed('x', "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n23 GNU.sparse.name=d/s\n28 GNU.sparse.realsize=2000\n"),
            One(TarKind.File, "s", "2\n1\n5\n1000\n5\n".PadRight(512, '\0') + "0123456789"), One(TarKind.File, "next", "x")),
        Join(One(TarKind.Directory, "v7/").Select((value, i) => i is 156 or (> 256 and < 265) ? (byte)0 : value).ToArray(), One(TarKind.File, "v7/f", "x")),
    ];

    /// <summary>With a right checksum in every block that may be a header.</summary>
    public static byte[] Sealed(byte[] archive)
    {
        archive = archive.ToArray();
        for (var at = 0; at + 512 <= archive.Length; at += 512)
        {
            var block = archive.AsSpan(at, 512);
            if (block[100] is (byte)'0' && block[108] is (byte)'0' or 0x80 or 0xff || block.Slice(257, 5).SequenceEqual("ustar"u8))
            {
                block.Slice(148, 8).Fill((byte)' ');
                var sum = 0;
                foreach (var value in block)
                {
                    sum += value;
                }
                Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0").CopyTo(block[148..]);
            }
        }
        return archive;
    }

    private static byte[] Join(params byte[][] parts) => Sealed([.. parts.SelectMany(part => part), .. new byte[1024]]);

    private static byte[] One(TarKind kind, string name, string content = "", string link = "")
    {
        var bytes = Encoding.Latin1.GetBytes(content);
        using var archive = new MemoryStream();
        var writer = new TarWriter(archive);
        writer.Write(new TarEntry(kind, Encoding.Latin1.GetBytes(name)) { LinkName = Encoding.Latin1.GetBytes(link), Size = bytes.Length, Mode = 0x1ed });
        writer.WriteData(bytes);
        var length = (int)(writer.Position + 511) / 512 * 512;
        writer.Finish();
        return archive.ToArray()[..length];
    }

    private static byte[] Typed(char type, string content)
    {
        var archive = One(TarKind.File, "header", content);
        archive[156] = (byte)type;
        return archive;
    }

    // GNU tar manual, "Basic Tar Format": struct oldgnu_header, struct sparse_header.
    private static byte[] Old((long Offset, long Length)[] map, long size, string stored)
    {
        var archive = Typed('S', stored);
        Put(archive, 257, "ustar  \0");
        Put(archive, 483, Convert.ToString(size, 8));
        archive[482] = (byte)(map.Length > 4 ? 1 : 0);
        var rest = new byte[map.Length > 4 ? 512 : 0];
        if (map.Length > 25)
        {
            rest = [.. rest, .. new byte[512]];
            rest[504] = 1;
        }
        for (var i = 0; i < map.Length; i++)
        {
            var (block, at) = i < 4 ? (archive, 386 + 24 * i) : (rest, 24 * (i - 4) + (i < 25 ? 0 : 8));
            Put(block, at, Convert.ToString(map[i].Offset, 8));
            Put(block, at + 12, Convert.ToString(map[i].Length, 8));
        }
        return [.. archive[..512], .. rest, .. archive[512..]];
    }

    private static void Put(byte[] block, int at, string text) => Encoding.Latin1.GetBytes(text).CopyTo(block, at);
}
