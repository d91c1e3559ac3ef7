using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using SharpRun.Image.Unpack;
using SharpRun.LayerStore;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.Image.Tests.Nasty;

/// <summary>A place to unpack a stack in, with a canary beside it.</summary>
sealed class NastyRoom : IDisposable
{
    private const string Untouched = "untouched";

    private readonly string _path;

    public NastyRoom()
    {
        // A file system in memory where there is one: syncfs(2) of a busy disk takes seconds.
        var where = Environment.GetEnvironmentVariable("SHARPRUN_TEST_DIR") ?? (Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath());
        _path = Path.Combine(where, $"sharprun-nasty-{Guid.NewGuid():N}");
        Directory.CreateDirectory(_path);
        Directory.CreateDirectory(Path.Combine(_path, "canary"));
        File.WriteAllText(Path.Combine(_path, "canary", "file"), Untouched);
    }

    /// <summary>Null: as expected.</summary>
    public static string? Check(IReadOnlyList<IReadOnlyList<NastyEntry>> layers, Form form)
    {
        using var room = new NastyRoom();
        return room.Differences(layers, form);
    }

    private string? Differences(IReadOnlyList<IReadOnlyList<NastyEntry>> layers, Form form)
    {
        var expected = LayerModel.Of(layers, form == Form.Plain ? Form.Plain : Form.Overlay);
        var archives = layers.Select(NastyArchive.Of).ToArray();
        ModelTree? tree = null;
        string? refusal = null;
        try
        {
            tree = form == Form.Plain ? UnpackPlain(archives) : UnpackLayers(archives, form);
        }
        catch (Exception error) when (error is ImageError or TarError or ErrnoException)
        {
            refusal = error.Message;
        }
        var escape = Escape();
        return escape is not null ? $"something outside of the root was touched: {escape}"
            : (expected.Tree, tree) switch
            {
                (null, null) => null,
                (null, _) => $"unpacked, though it should be refused: {expected.Refusal}",
                (_, null) => $"refused: {refusal}",
                var (wanted, found) => ModelTree.Differences(wanted, found) is { Count: > 0 } lines ? string.Join("\n", lines) : null,
            };
    }

    private ModelTree UnpackPlain(byte[][] archives)
    {
        return WithRoot(root =>
        {
            using var unpack = new RootUnpack(root, Owners.OfImage, new Losses());
            foreach (var archive in archives)
            {
                unpack.Add(new TarReader(new MemoryStream(archive), TarLimits.Default));
            }
            unpack.Finish();
            return TreeWalk.Read(root);
        });
    }

    private ModelTree UnpackLayers(byte[][] archives, Form form)
    {
        var store = new StorePaths(Path.Combine(_path, "store"));
        var chain = ChainId.OfAll([.. archives.Select(archive => Digest.Of(archive))]);
        ChainUnpack.Into(store, chain, layer => new TarReader(new MemoryStream(archives[layer]), TarLimits.Default), Owners.OfImage, new Losses());
        using var layers = Layers.Of(store);
        string[] trees = [.. chain.Select(layers.TreeOf)];
        return form switch
        {
            Form.Overlay => Mount(trees),
            Form.Merged => WithRoot(root =>
            {
                Merge(root, trees);
                return TreeWalk.Read(root);
            }),
            _ => Committed(trees),
        };
    }

    private ModelTree Mount(string[] trees) =>
        OverlayMount.Read([.. trees.Reverse()], Directory.CreateDirectory(Path.Combine(_path, "empty")).FullName);

    // The uppermost layer as it is found again by comparing a plain tree with the layers below it.
    private ModelTree Committed(string[] trees)
    {
        using var lower = new MergedLayers(Rules);
        foreach (var tree in trees[..^1])
        {
            lower.Add(TreeRoot.Open(tree));
        }
        var made = Directory.CreateDirectory(Path.Combine(_path, "store", "made")).FullName;
        WithRoot(root =>
        {
            Merge(root, trees);
            using var plain = TreeRoot.Open(Path.Combine(_path, "root"));
            using var into = TreeRoot.Open(made);
            using var maker = new TreeMaker(plain, into.Fd, new CopyUp(isRootless: false), SourceDate.None);
            TreeChanges.Find(plain, lower.Root, Rules, [], (entry, below) => lower.HasSameContent(plain, entry, below)).Copy(maker);
            maker.Finish();
            var copyUp = new CopyUp(isRootless: false);
            Sys.Stat(root, default, Native.AT_EMPTY_PATH, out var status).OrThrow("stat");
            copyUp.CopyFacts(root, ".\0"u8, into.Fd, ".\0"u8, status).OrThrow("copy");
            return true;
        });
        return Mount([.. trees[..^1], made]);
    }

    private static LayerRules Rules => new(Owners.OfImage, _ => { });

    private T WithRoot<T>(Func<int, T> act)
    {
        var path = Path.Combine(_path, "root");
        Directory.CreateDirectory(path);
        var root = Sys.Open(Native.AT_FDCWD, TreeText.Bytes(path + "\0"), Native.O_RDONLY | Native.O_DIRECTORY).OrThrow("open the root");
        try
        {
            return act(root);
        }
        finally
        {
            Sys.Close(root);
        }
    }

    private static void Merge(int root, string[] trees)
    {
        for (var layer = 0; layer < trees.Length; layer++)
        {
            using var tree = TreeRoot.Open(trees[layer]);
            LayerMerge.Add(root, tree, new CopyUp(isRootless: false), layer == 0);
        }
    }

    // Null: nothing.
    private string? Escape()
    {
        var names = Directory.GetFileSystemEntries(_path).Select(Path.GetFileName).Except(["root", "store", "empty", "canary"]).ToList();
        var canary = Path.Combine(_path, "canary");
        var file = Path.Combine(canary, "file");
        var store = Path.Combine(_path, "store", "layers", "sha256");
        if (Directory.Exists(store))
        {
            names.AddRange(Directory.GetFileSystemEntries(store).Where(layer => Path.GetFileName(layer).Length != 64));
            names.AddRange(Directory.GetFileSystemEntries(store).SelectMany(Directory.GetFileSystemEntries)
                .Where(part => Path.GetFileName(part) is not ("fs" or "parent" or "done")));
        }
        names.AddRange(new[] { "/hit", "/canary", "/tmp/hit" }.Where(Path.Exists));
        return names.Count > 0 ? string.Join(", ", names)
            : !File.Exists(file) || File.ReadAllText(file) != Untouched || Directory.GetFileSystemEntries(canary).Length != 1 ? "the canary"
            : null;
    }

    public void Dispose() => RemoveTree(_path);

    // Directory.Delete takes names for UTF-8.
    public static void RemoveTree(string path)
    {
        var parent = Sys
            .Open(Native.AT_FDCWD, Encoding.UTF8.GetBytes(Path.GetDirectoryName(path) + "\0"), Native.O_RDONLY | Native.O_DIRECTORY).OrThrow("open");
        TreeRemover.Remove(parent, Encoding.UTF8.GetBytes(Path.GetFileName(path) + "\0"));
        Sys.Close(parent);
    }
}
