using System;
using System.Collections.Generic;
using SharpRun.Linux;

namespace SharpRun.LayerTar;

/// <summary>What overlay shows of layers, as a table in memory, to compare a tree with. Of files only the place is kept; contents are compared as they
/// stand.</summary>
public sealed class MergedLayers(LayerRules rules) : IDisposable
{
    private const int BlockBytes = 64 << 10;

    private readonly List<TreeRoot> _layers = [];
    private readonly byte[] _one = new byte[BlockBytes], _other = new byte[BlockBytes];

    public LowerNode Root { get; } = LowerNode.Implicit(null);

    /// <summary>The next layer, above those before it. Takes it over.</summary>
    public void Add(TreeRoot layer)
    {
        _layers.Add(layer);
        using var walk = new TreeWalk(layer, devicesFirst: true);
        var above = new List<LowerNode>();
        var files = new Dictionary<InodeKey, LowerNode>();
        while (walk.Next())
        {
            var entry = walk.Current;
            OverlayMarks.RefuseRedirections(entry, layer);
            above.RemoveRange(walk.Depth, above.Count - walk.Depth);
            if (above.Count == 0)
            {
                Root.Describe(rules.EntryOf(entry, layer));
                above.Add(Root);
                continue;
            }
            var parent = above[^1];
            var name = entry.Name.ToArray();
            var there = parent.Children.TryGetValue(name, out var found) ? found.Node : null;
            var node = NodeOf(entry, layer, parent, there, files);
            if (entry.Status.IsDirectory)
            {
                above.Add(node!);
            }
            if (node == there)
            {
                continue;
            }
            Forget(there);
            if (node is null)
            {
                parent.Children.Remove(name);
                continue;
            }
            node.NameCount++;
            parent.Children[name] = new LowerLink(node, _layers.Count);
        }
    }

    /// <summary>Both are regular files of one size.</summary>
    public bool HasSameContent(TreeRoot root, TreeEntry entry, LowerNode lower)
    {
        var file = root.OpenContent(entry);
        try
        {
            var other = lower.File!.Root.OpenContent(lower.File.Entry);
            try
            {
                var isSame = HaveSameContent(file, root.Act("read", entry.Path), other, lower.File.Root.Act("read", lower.File.Entry.Path));
                root.VerifyUnchanged(file, entry);
                return isSame;
            }
            finally
            {
                Sys.Close(other);
            }
        }
        finally
        {
            Sys.Close(file);
        }
    }

    public void Dispose() => _layers.ForEach(layer => layer.Dispose());

    // Null: a whiteout.
    private LowerNode? NodeOf(TreeEntry entry, TreeRoot layer, LowerNode parent, LowerNode? there, Dictionary<InodeKey, LowerNode> files)
    {
        if (entry.Status.IsDirectory)
        {
            var made = rules.EntryOf(entry, layer);
            if (there is { IsDirectory: true } && !OverlayMarks.IsOpaque(entry))
            {
                there.Describe(made);
                return there;
            }
            return new LowerNode(made) { Parent = parent };
        }
        if (OverlayMarks.IsWhiteout(entry))
        {
            return null;
        }
        if (!entry.HasOtherNames)
        {
            return NodeOf(entry, layer, parent);
        }
        if (!files.TryGetValue(entry.Inode, out var node))
        {
            files.Add(entry.Inode, node = NodeOf(entry, layer, parent));
        }
        return node;
    }

    private LowerNode NodeOf(TreeEntry entry, TreeRoot layer, LowerNode parent) =>
        new(rules.EntryOf(entry, layer)) { Parent = parent, File = entry.Status.IsRegular ? new LowerFile(layer, entry) : null };

    private static void Forget(LowerNode? node)
    {
        if (node is null)
        {
            return;
        }
        node.NameCount--;
        foreach (var child in node.Children.Values)
        {
            Forget(child.Node);
        }
    }

    private bool HaveSameContent(int file, string act, int other, string otherAct)
    {
        while (true)
        {
            var (read, otherRead) = (Fill(file, _one, act), Fill(other, _other, otherAct));
            if (!_one.AsSpan(0, read).SequenceEqual(_other.AsSpan(0, otherRead)))
            {
                return false;
            }
            if (read < BlockBytes)
            {
                return true;
            }
        }
    }

    private static int Fill(int file, byte[] block, string act)
    {
        var filled = 0;
        while (filled < block.Length && Sys.Read(file, block.AsSpan(filled)).OrThrow(act) is > 0 and var read)
        {
            filled += read;
        }
        return filled;
    }
}
