using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using SharpRun.Image.Unpack;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Tar;
using Xunit;

namespace SharpRun.Image.Tests.Unpack;

/// <summary>A root file system for one test, beside a file that must never change.</summary>
sealed class UnpackedRoot : IDisposable
{
    private const string Canary = "untouched";

    private readonly TemporaryFolder _folder = new();

    public UnpackedRoot()
    {
        Directory.CreateDirectory(Path);
        File.WriteAllText(_folder["canary"], Canary);
    }

    public string Path => _folder["rootfs"];

    public string Beside => _folder["canary"];

    public Losses Losses { get; } = new();

    public string this[string name] => $"{Path}/{name}";

    public UnpackedRoot Unpack(params byte[][] layers) => Unpack(Owners.OfImage, layers);

    public UnpackedRoot Unpack(Owners owners, params byte[][] layers) => Unpack(owners, UnpackLimits.EntriesInLayer, layers);

    public UnpackedRoot UnpackAtMost(int entries, params byte[][] layers) => Unpack(Owners.OfImage, entries, layers);

    private UnpackedRoot Unpack(Owners owners, int entries, byte[][] layers)
    {
        var root = Sys.Open(Native.AT_FDCWD, Encoding.UTF8.GetBytes(Path + "\0"), Native.O_RDONLY | Native.O_DIRECTORY).OrThrow("open");
        try
        {
            using var unpack = new RootUnpack(root, owners, Losses) { EntriesInLayer = entries };
            foreach (var layer in layers)
            {
                unpack.Add(new TarReader(new MemoryStream(layer), TarLimits.Default));
            }
            unpack.Finish();
        }
        finally
        {
            Sys.Close(root);
        }
        return this;
    }

    /// <summary>What find(1) says of all below the root, sorted: "path type mode uid:gid", by the format given.</summary>
    public string[] Find(string format = "%P %y %m %U:%G") => [.. LayerText.Lines(Run("find", Path, "-mindepth", "1", "-printf", format + "\n").TrimEnd('\n')).Order(StringComparer.Ordinal)];

    public string Text(string name) => File.ReadAllText(this[name]);

    /// <summary>The time of modification, "seconds.nanoseconds".</summary>
    public string Time(string name) => Run("stat", "-c", "%.9Y", this[name]).Trim();

    /// <summary>In hexadecimal, or null.</summary>
    public string? Attribute(string name, string attribute)
    {
        var fd = Sys.Open(Native.AT_FDCWD, Encoding.UTF8.GetBytes(Path + "\0"), Native.O_PATH).OrThrow("open");
        var value = new byte[4096];
        var read = name.Contains('/', StringComparison.Ordinal) ? Result.Failed(Errno.EINVAL)
            : Sys.GetAttributeAt(fd, Encoding.UTF8.GetBytes(name + "\0"), Encoding.UTF8.GetBytes(attribute + "\0"), value);
        Sys.Close(fd);
        return read.Ok ? Convert.ToHexStringLower(value.AsSpan(0, read.Value)) : null;
    }

    public static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program}: {process.ExitCode}");
    }

    public void Dispose()
    {
        var isWhole = File.ReadAllText(Beside) == Canary && Directory.GetFileSystemEntries(_folder.Path).Length == 2;
        _folder.Dispose();
        Assert.True(isWhole, "something was changed outside of the root");
    }
}
