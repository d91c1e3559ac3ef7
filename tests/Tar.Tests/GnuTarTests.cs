using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Xunit;
using static SharpRun.Tar.Tests.Archive;

namespace SharpRun.Tar.Tests;

/// <summary>What GNU tar writes is read here, and what is written here is read by GNU tar.</summary>
public sealed class GnuTarTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    private void Shell(string script) => _scratch.Run([], "sh", "-ec", script);

    private Dictionary<string, (TarEntry Entry, byte[] Content)> Made(params string[] arguments) =>
        Read(_scratch.Run([], "tar", [.. arguments])).ToDictionary(one => Text(one.Entry.Name), StringComparer.Ordinal);

    [Theory]
    [InlineData("v7")]
    [InlineData("oldgnu")]
    [InlineData("gnu")]
    [InlineData("ustar")]
    [InlineData("posix")]
    public void A_tree_is_read_in_every_format(string format)
    {
        Shell("""
            mkdir -p t/dir
            printf hello > t/dir/file
            chmod 4751 t/dir/file
            ln t/dir/file t/hard
            ln -s /etc/passwd t/soft
            touch -d @1000000000 t/dir/file
            """);
        var made = Made("-cf", "-", $"--format={format}", "--sort=name", "--owner=:1234", "--group=:99", "t");
        Assert.Equal(["t/", "t/dir/", "t/dir/file", "t/hard", "t/soft"], made.Keys);
        var (file, content) = made["t/dir/file"];
        Same(new TarEntry(TarKind.File, Bytes("t/dir/file")) { Mode = 0x9e9, Uid = 1234, Gid = 99, Size = 5, ModifiedAt = new TarTime(1_000_000_000, 0) }, file);
        Assert.Equal("hello", Text(content));
        Assert.Equal((TarKind.HardLink, "t/dir/file"), (made["t/hard"].Entry.Kind, Text(made["t/hard"].Entry.LinkName)));
        Assert.Equal((TarKind.Symlink, "/etc/passwd"), (made["t/soft"].Entry.Kind, Text(made["t/soft"].Entry.LinkName)));
        Assert.Equal(TarKind.Directory, made["t/"].Entry.Kind);
    }

    [Theory]
    [InlineData("gnu")]
    [InlineData("posix")]
    public void Long_names_large_ids_and_old_times_are_read(string format)
    {
        var name = string.Concat(Enumerable.Repeat("d123456789/", 30)) + "file";
        Shell($"mkdir -p {Path.GetDirectoryName(name)}; touch -d @-1000000 {name}; ln -s /{name} link; touch -d @1.123456789 ns");
        var made = Made("-cf", "-", $"--format={format}", "--owner=:4000000000", "--group=:2097152", name, "link", "ns");
        Assert.Equal((4_000_000_000, 2_097_152), (made[name].Entry.Uid, made[name].Entry.Gid));
        Assert.Equal(new TarTime(-1_000_000, 0), made[name].Entry.ModifiedAt);
        Assert.Equal("/" + name, Text(made["link"].Entry.LinkName));
        Assert.Equal(new TarTime(1, format == "gnu" ? 0 : 123_456_789), made["ns"].Entry.ModifiedAt);
    }

    [Theory]
    [InlineData("--format=gnu", "0.0")]
    [InlineData("--format=oldgnu", "0.0")]
    [InlineData("--format=posix", "0.0")]
    [InlineData("--format=posix", "0.1")]
    [InlineData("--format=posix", "1.0")]
    public void Sparse_files_keep_their_holes(string format, string version)
    {
        const int pieces = 40, step = 1 << 20;
        using (var file = File.Create(_scratch["sparse"]))
        {
            for (var i = 0; i < pieces; i++)
            {
                file.Position = (long)i * step + 4096;
                file.Write(Bytes($"piece {i}"));
            }
            file.SetLength((long)pieces * step);
        }
        var archive = _scratch.Run([], "tar", "-cSf", "-", format, $"--sparse-version={version}", "sparse");
        Assert.True(archive.Length < 2_000_000, "GNU tar has found the holes");
        var reader = Reader(archive);
        var entry = reader.Next()!;
        Assert.Equal(("sparse", true, (long)pieces * step), (Text(entry.Name), entry.IsSparse, entry.Size));
        var content = Content(reader, entry);
        Assert.Equal(File.ReadAllBytes(_scratch["sparse"]), content);
        Assert.Null(reader.Next());
    }

    [Fact]
    public void Attributes_are_read_as_GNU_tar_writes_them()
    {
        Shell("touch f");
        Attributes.Set(_scratch["f"], "user.nl", "a\n=\0\u00ff\u0080"u8);
        Attributes.Set(_scratch["f"], "user.a=b%c", "x"u8);
        var (entry, _) = Made("-cf", "-", "--format=posix", "--xattrs", "f")["f"];
        var attributes = entry.Attributes.ToDictionary(one => Text(one.Name), one => Convert.ToHexStringLower(one.Value));
        Assert.Equal(Convert.ToHexStringLower("a\n=\0\u00ff\u0080"u8), attributes["user.nl"]);
        Assert.Equal("78", attributes["user.a=b%c"]);
    }

    [Fact]
    public void Devices_and_fifos_are_read()
    {
        Shell("mkfifo p");
        var made = Made("-cf", "-", "--format=ustar", "p", "-C", "/dev", "null");
        Assert.Equal((TarKind.CharDevice, 1u, 3u), (made["null"].Entry.Kind, made["null"].Entry.DeviceMajor, made["null"].Entry.DeviceMinor));
        Assert.Equal(TarKind.Fifo, made["p"].Entry.Kind);
    }

    private byte[] Written(string name)
    {
        using var archive = new MemoryStream();
        var writer = new TarWriter(archive);
        writer.Write(new TarEntry(TarKind.File, Bytes(name))
        {
            Mode = 0x1a4,
            Uid = 4_000_000_000,
            Gid = 3_000_000,
            Size = 5,
            ModifiedAt = new TarTime(-2, 750_000_000),
            Attributes = [new TarAttribute(Bytes("user.nl"), Bytes("a\n=\0\u00ff")), new TarAttribute(Bytes("user.a=b%c"), Bytes("x"))],
        });
        writer.WriteData("hel"u8);
        writer.WriteData("lo"u8);
        writer.Write(new TarEntry(TarKind.HardLink, Bytes("hard")) { LinkName = Bytes(name) });
        writer.Write(new TarEntry(TarKind.Directory, Bytes("dir")) { Mode = 0x3ff, ModifiedAt = new TarTime(5, 1) });
        writer.Write(new TarEntry(TarKind.CharDevice, Bytes("null")) { DeviceMajor = 1, DeviceMinor = 3, Mode = 0x1b6 });
        writer.Finish();
        return archive.ToArray();
    }

    private static string LongName => string.Concat(Enumerable.Repeat("d123456789/", 30)) + "\u00ff\u0080 file";

    [Fact]
    public void What_is_written_is_unpacked_by_GNU_tar()
    {
        _scratch.Run(Written(LongName), "tar", "-xpf", "-", "--xattrs", "--no-same-owner", "--exclude=null");
        Assert.Equal("644 5 -1.250000000 2\n", Text(_scratch.Run([], "stat", "-c", "%a %s %.9Y %h", "hard")));
        Assert.Equal("hello", File.ReadAllText(_scratch["hard"]));
        Assert.Equal("a\n=\0\u00ff", Text(Attributes.Get(_scratch["hard"], "user.nl")));
        Assert.Equal("x", Text(Attributes.Get(_scratch["hard"], "user.a=b%c")));
        Assert.Equal("1777 5.000000001\n", Text(_scratch.Run([], "stat", "-c", "%a %.9Y", "dir")));
    }

    [Fact]
    public void What_is_written_is_listed_by_GNU_tar()
    {
        var lines = Text(_scratch.Run(Written(LongName), "tar", "-tvf", "-", "--numeric-owner", "--full-time", "--quoting-style=literal")).TrimEnd('\n').Split('\n');
        Assert.StartsWith("-rw-r--r-- 4000000000/3000000 5 1969-12-31 23:59:5", lines[0]);
        Assert.EndsWith($" {LongName}", lines[0]);
        Assert.EndsWith($"hard link to {LongName}", lines[1]);
        Assert.StartsWith("drwxrwxrwt 0/0", lines[2]);
        Assert.Matches("^crw-rw-rw- 0/0 +1,3 .* null$", lines[3]);
    }
}
