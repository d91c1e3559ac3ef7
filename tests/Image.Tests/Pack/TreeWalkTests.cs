using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using SharpRun.Image.Pack;
using SharpRun.Image.Tests.Nasty;
using SharpRun.Image.Tests.Unpack;
using SharpRun.Json;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;
using Xunit;

namespace SharpRun.Image.Tests.Pack;

/// <summary>The walk through trees that are hostile, and that change meanwhile.</summary>
public sealed class TreeWalkTests
{
    [Fact]
    public void Names_come_in_the_order_of_their_bytes_a_directory_before_what_it_holds()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "b", "a/x", "a/y/z", "a-", "a.", "A" })
        {
            Directory.CreateDirectory(folder[name]);
        }
        UnpackedRoot.Run("sh", "-c", "cd \"$1\" && : > \"$(printf 'a/\\377\\376')\"", "sh", folder.Path);
        Assert.Equal(["", "A", "a", "a/x", "a/y", "a/y/z", "a/\xFF\xFE", "a-", "a.", "b"], PathsOf(folder.Path));
    }

    // mutant: TreeCheck.TreeIsNotDeep
    [Fact]
    public void A_tree_is_walked_255_directories_deep_and_no_deeper()
    {
        using var folder = new TemporaryFolder();
        var path = string.Join('/', Enumerable.Repeat("d", LayerTar.TreeWalk.DeepestLevel));
        Directory.CreateDirectory(folder[path]);
        Assert.Equal(LayerTar.TreeWalk.DeepestLevel + 1, PathsOf(folder.Path).Count);
        Directory.CreateDirectory(folder[path + "/d"]);
        Assert.Contains("deeper than 255", Assert.ThrowsAny<JsonError>(() => PathsOf(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_mounted_in_the_tree_is_named()
    {
        using var room = new PackRoom();
        var tree = room.MakeDirectory("tree");
        Directory.CreateDirectory(tree + "/proc");
        UnpackedRoot.Run("mount", "-t", "tmpfs", "none", tree + "/proc");
        try
        {
            var error = Assert.ThrowsAny<JsonError>(() => room.LayerOf(tree));
            Assert.Contains("pack proc in", error.Message, StringComparison.Ordinal);
            Assert.Contains("mounted", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            UnpackedRoot.Run("umount", tree + "/proc");
        }
    }

    [Fact]
    public void A_file_that_changes_while_it_is_packed_is_named()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["log"], "one");
        using var root = TreeRoot.Open(folder.Path);
        using var walk = new LayerTar.TreeWalk(root);
        walk.Next();
        walk.Next();
        var entry = walk.Current;
        File.AppendAllText(folder["log"], "two");
        Assert.Contains("log", Assert.ThrowsAny<JsonError>(() => root.OpenContent(entry)).Message, StringComparison.Ordinal);
        File.Delete(folder["log"]);
        Assert.ThrowsAny<JsonError>(() => root.OpenContent(entry));
        File.CreateSymbolicLink(folder["log"], "/etc/passwd");
        Assert.ThrowsAny<JsonError>(() => root.OpenContent(entry));
        UnpackedRoot.Run("mkfifo", folder["log2"]);
        UnpackedRoot.Run("mv", folder["log2"], folder["log"]);
        Assert.ThrowsAny<JsonError>(() => root.OpenContent(entry));
    }

    [Fact]
    public void A_directory_that_becomes_a_link_is_never_followed()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["tree/d/inside"]);
        Directory.CreateDirectory(folder["outside/secret"]);
        File.WriteAllText(folder["outside/inside"], "secret");
        UnpackedRoot.Run("ln", "-s", folder["outside"], folder["tree/link"]);
        var (one, other) = (TreeText.Bytes(folder["tree/d"] + "\0"), TreeText.Bytes(folder["tree/link"] + "\0"));
        using var isDone = new ManualResetEventSlim();
        var swapper = new Thread(() =>
        {
            while (!isDone.IsSet)
            {
                Sys.RenameAt(Native.AT_FDCWD, one, Native.AT_FDCWD, other, Native.RENAME_EXCHANGE);
            }
        });
        swapper.Start();
        try
        {
            for (var i = 0; i < 3000; i++)
            {
                try
                {
                    Assert.DoesNotContain(PathsOf(folder["tree"]), path => path.Contains("secret", StringComparison.Ordinal));
                }
                catch (JsonError)
                {
                    // It did not come to rest, and that was said.
                }
            }
        }
        finally
        {
            isDone.Set();
            swapper.Join();
        }
    }

    private static List<string> PathsOf(string tree)
    {
        using var root = TreeRoot.Open(tree);
        using var walk = new LayerTar.TreeWalk(root);
        var paths = new List<string>();
        while (walk.Next())
        {
            paths.Add(TreeText.Text(walk.Current.Path));
        }
        return paths;
    }
}
