using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using SharpRun.Layers.Drivers;
using SharpRun.Layers.Unions;
using SharpRun.LayerStore;
using SharpRun.Linux;
using SharpRun.Oci;
using Xunit;

namespace SharpRun.Layers.Tests;

/// <summary>Tests that ask whether a lock of flock(2) is free again. They run alone: a program that another test starts has their descriptors,
/// and so their locks, from fork(2) to execve(2).</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>A directory with a store, and the tool as a program.</summary>
public sealed class Room : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("sharprun-layers-").FullName;

    public Room() => Paths = new StorePaths(this["store"]);

    public StorePaths Paths { get; }

    public string this[string name] => $"{_path}/{name}";

    public void Dispose() => TreeRemover.Remove(Native.AT_FDCWD, Bytes(_path));

    public static byte[] Bytes(string path) => [.. Encoding.UTF8.GetBytes(path), 0];

    public string Make(string directory) => Directory.CreateDirectory(this[directory]).FullName;

    public string MakeFile(string file, string content)
    {
        Make(Path.GetDirectoryName(file)!);
        File.WriteAllText(this[file], content);
        return this[file];
    }

    public static Digest Id(int number) => Digest.Parse($"sha256:{number:x64}", "");

    /// <summary>The tree of a new layer of the store.</summary>
    public string MakeLayer(int number, int? parent = null)
    {
        using var layers = LayerStore.Layers.Of(Paths);
        using var staged = layers.Begin(Id(number), parent is { } below ? Id(below) : null)!;
        staged.Finish();
        return layers.TreeOf(Id(number));
    }

    /// <summary>A union over layers of the store, which nobody has a lock of; the path of its upper directory.</summary>
    internal string CreateUnion(string name, DriverKind driver, int top)
    {
        using var lowers = LowerTrees.Below(Paths, Id(top));
        using var union = new UnionFolder(Paths).Begin(name);
        Driver.Of(driver).Create(union, lowers);
        union.WriteRecord(new UnionRecord(driver, lowers.Chain, [], DateTimeOffset.UnixEpoch));
        return union.Path + "/upper";
    }

    /// <summary>The tool with --root and the words; its exit status and what it has said.</summary>
    public (int Status, string Output, string Error) Run(params string[] words) =>
        Start(Path.Combine(AppContext.BaseDirectory, "sharprun-layers"), ["--root", Paths.Root, "-q", .. words]);

    /// <summary>A shell in a mount namespace of its own, in a tmpfs on the room: "ours" is the tool, "points" counts what is mounted below. All that it says.</summary>
    public string RunInNamespace(string script)
    {
        Assert.SkipUnless(Sys.GetEuid() == 0, "only root mounts");
        var tool = Path.Combine(AppContext.BaseDirectory, "sharprun-layers");
        var beginning = $$"""
            exec 2>&1
            mount -t tmpfs tmpfs "{{_path}}" && cd "{{_path}}" || exit
            room=$PWD store=$PWD/store
            ours() { "{{tool}}" --root "$store" -q "$@"; }
            points() { grep -c " $room/" /proc/self/mountinfo; }

            """;
        return Start("unshare", ["--mount", "--propagation", "private", "sh", "-uc", beginning + script]).Output.Replace(_path, "ROOM", StringComparison.Ordinal);
    }

    /// <summary>Does something while another thread waits for the lock of a directory that we have; then lets go of it.</summary>
    public static T WithWaiting<T>(string directory, Func<T> wait, Action meanwhile)
    {
        var locked = Sys.Open(Native.AT_FDCWD, Bytes(directory), Native.O_RDONLY | Native.O_DIRECTORY).OrThrow("open " + directory);
        Sys.Flock(locked, Native.LOCK_EX).OrThrow("lock " + directory);
        Sys.Stat(locked, default, Native.AT_EMPTY_PATH, out var status).OrThrow("look at " + directory);
        var result = new T[1];
        var thread = new Thread(() => result[0] = wait());
        thread.Start();
        var inode = string.Create(CultureInfo.InvariantCulture, $":{status.Ino} ");
        var waits = SpinWait.SpinUntil(
            () => File.ReadLines("/proc/locks").Any(line => line.Contains("->", StringComparison.Ordinal) && line.Contains(inode, StringComparison.Ordinal)),
            TimeSpan.FromSeconds(30));
        meanwhile();
        Sys.Close(locked);
        Assert.True(thread.Join(TimeSpan.FromSeconds(30)));
        Assert.True(waits);
        return result[0];
    }

    public static void MakeDevice(string path, uint type = Native.S_IFCHR)
    {
        Assert.SkipUnless(Sys.GetEuid() == 0, "only root makes devices");
        Sys.MknodAt(Native.AT_FDCWD, Bytes(path), type, 0, 0).OrThrow("make a device");
    }

    public static void SetAttribute(string directory, string name, string value)
    {
        Assert.SkipUnless(Sys.GetEuid() == 0, "only root writes trusted.*");
        var fd = Sys.Open(Native.AT_FDCWD, Bytes(directory), Native.O_RDONLY).OrThrow("open");
        Sys.SetAttribute(fd, Bytes(name), Encoding.UTF8.GetBytes(value)).OrThrow("set an attribute");
        Sys.Close(fd);
    }

    public static bool HasAttribute(int fd, string name)
    {
        Span<byte> value = stackalloc byte[64];
        return Sys.GetAttribute(fd, Bytes(name), value).Ok;
    }

    private static (int Status, string Output, string Error) Start(string program, string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(program, words) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
