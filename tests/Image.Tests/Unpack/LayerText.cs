using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using SharpRun.Tar;

namespace SharpRun.Image.Tests.Unpack;

/// <summary>Layers for tests, entry by entry. Texts are Latin-1: a byte each.</summary>
static class LayerText
{
    public static byte[] B(string text) => Encoding.Latin1.GetBytes(text);

    public static TarEntry Dir(string name, uint mode = 0x1ED) => new(TarKind.Directory, B(name)) { Mode = mode, ModifiedAt = new TarTime(1000, 1) };

    public static TarEntry File(string name, string data = "", uint mode = 0x1A4) =>
        new(TarKind.File, B(name)) { Mode = mode, Size = data.Length, ModifiedAt = new TarTime(2000, 2) };

    public static TarEntry Link(string name, string target) => new(TarKind.Symlink, B(name)) { LinkName = B(target), Mode = 0x1FF };

    public static TarEntry Hard(string name, string target) => new(TarKind.HardLink, B(name)) { LinkName = B(target) };

    public static TarEntry Gone(string path)
    {
        var slash = path.LastIndexOf('/') + 1;
        return File(path[..slash] + ".wh." + path[slash..]);
    }

    public static TarEntry Opaque(string directory) => File(directory + "/.wh..wh..opq");

    public static TarEntry With(this TarEntry entry, string attribute, string value) =>
        entry with { Attributes = [.. entry.Attributes, new TarAttribute(B(attribute), B(value))] };

    public static TarEntry Of(this TarEntry entry, long uid, long gid) => entry with { Uid = uid, Gid = gid };

    /// <summary>Every file's data is its own name, repeated, as long as its size says.</summary>
    public static byte[] Layer(params TarEntry[] entries)
    {
        using var stream = new MemoryStream();
        var writer = new TarWriter(stream);
        foreach (var entry in entries)
        {
            writer.Write(entry);
            if (entry.Kind == TarKind.File)
            {
                writer.WriteData(Data(entry));
            }
        }
        writer.Finish();
        return stream.ToArray();
    }

    public static byte[] Data(TarEntry entry)
    {
        var data = new byte[entry.Size];
        for (var i = 0; i < data.Length; i++)
        {
            data[i] = entry.Name[i % entry.Name.Length];
        }
        return data;
    }

    public static IEnumerable<string> Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
