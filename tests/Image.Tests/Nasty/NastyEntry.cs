using System;
using System.Collections.Generic;
using SharpRun.Tar;

namespace SharpRun.Image.Tests.Nasty;

/// <summary>One entry of a layer as the tests write it. Names, targets and attributes have one character a byte (Latin-1).</summary>
sealed record NastyEntry(TarKind Kind, string Name)
{
    public string Link { get; init; } = "";

    public uint Mode { get; init; } = 0x1A4; // 0644

    public long Uid { get; init; }

    public long Gid { get; init; }

    public TarTime Time { get; init; } = new(1_000_000_000, 0);

    public uint Major { get; init; }

    public uint Minor { get; init; }

    public IReadOnlyList<(string Name, string Value)> Attributes { get; init; } = [];

    public byte[] Data { get; init; } = [];

    /// <summary>Written as GNU's PAX format 1.0 does it: only the blocks that are not zero.</summary>
    public bool IsSparse { get; init; }

    /// <summary>Where it was made to be random: the case can be typed again from it.</summary>
    public override string ToString() =>
        $"{Kind} {TreeText.Quoted(Name)}{(Link.Length > 0 ? " -> " + TreeText.Quoted(Link) : "")} {Convert.ToString((int)Mode, 8)} {Uid}:{Gid} {Time.Seconds}.{Time.Nanoseconds:D9}"
        + (Kind is TarKind.CharDevice or TarKind.BlockDevice ? $" {Major}:{Minor}" : "")
        + (Data.Length > 0 ? $" {Data.Length} bytes{(IsSparse ? ", sparse" : "")}" : "")
        + TreeText.Of(Attributes);
}

/// <summary>The short words of which the named cases are made.</summary>
static class Entries
{
    public static NastyEntry F(string name, string data = "", uint mode = 0x1A4) => new(TarKind.File, name) { Data = TreeText.Bytes(data), Mode = mode };

    public static NastyEntry D(string name, uint mode = 0x1ED) => new(TarKind.Directory, name + "/") { Mode = mode };

    /// <summary>A hard link.</summary>
    public static NastyEntry H(string name, string target) => new(TarKind.HardLink, name) { Link = target };

    /// <summary>A symbolic link.</summary>
    public static NastyEntry S(string name, string target) => new(TarKind.Symlink, name) { Link = target, Mode = 0x1FF };

    public static NastyEntry C(string name, uint major, uint minor) => new(TarKind.CharDevice, name) { Major = major, Minor = minor };

    public static NastyEntry B(string name, uint major, uint minor) => new(TarKind.BlockDevice, name) { Major = major, Minor = minor };

    /// <summary>A named pipe.</summary>
    public static NastyEntry P(string name) => new(TarKind.Fifo, name);

    /// <summary>A whiteout: of "a/b", the file "a/.wh.b".</summary>
    public static NastyEntry W(string name)
    {
        var slash = name.LastIndexOf('/') + 1;
        return new(TarKind.File, name[..slash] + ".wh." + name[slash..]);
    }

    /// <summary>An opaque whiteout in the directory; "" is the root.</summary>
    public static NastyEntry O(string directory) => new(TarKind.File, (directory.Length > 0 ? directory + "/" : "") + ".wh..wh..opq");

    public static NastyEntry At(this NastyEntry entry, long seconds, int nanoseconds = 0) => entry with { Time = new(seconds, nanoseconds) };

    public static NastyEntry Of(this NastyEntry entry, long uid, long gid) => entry with { Uid = uid, Gid = gid };

    public static NastyEntry With(this NastyEntry entry, string attribute, string value) =>
        entry with { Attributes = [.. entry.Attributes, (attribute, value)] };
}
