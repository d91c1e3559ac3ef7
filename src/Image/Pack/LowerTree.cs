using System;
using System.Collections.Generic;
using SharpRun.Image.Blobs;
using SharpRun.Image.Unpack;
using SharpRun.LayerTar;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.Image.Pack;

/// <summary>
/// What unpacking an image's layers makes, as a table in memory: what each path is, with its content's digest. It is read from the layers themselves
/// and so knows what the image really has, whatever has been done to the unpacked tree, and needs nothing written at unpacking.
/// The rules are those of RootUnpack; tests compare the two.
/// </summary>
sealed class LowerTree
{
    /// <summary>As the kernel's (MAXSYMLINKS of linux/namei.h).</summary>
    private const int MostLinks = 40;

    private const int BlockBytes = 128 << 10;

    private readonly EntryPath _path = new(), _target = new();
    private readonly byte[] _block = new byte[BlockBytes];
    private int _layer;

    public LowerNode Root { get; } = LowerNode.Implicit(null);

    /// <summary>The next layer, above those before it.</summary>
    public void Add(TarReader layer)
    {
        _layer++;
        var count = 0;
        while (layer.Next() is { } entry)
        {
            if (++count > UnpackLimits.EntriesInLayer)
            {
                throw new ImageError($"read {TarText.Of(entry.Name)}: a layer of more than {UnpackLimits.EntriesInLayer} entries");
            }
            Add(entry, layer);
        }
    }

    private void Add(TarEntry entry, TarReader layer)
    {
        _path.Set(entry.Name, entry.Name);
        if (_path.IsRoot)
        {
            Root.Describe(entry);
            return;
        }
        if (IsAufs())
        {
            return;
        }
        var name = _path.Last[..^1];
        if (name.StartsWith(Whiteout.Prefix))
        {
            WhiteOut(name);
            return;
        }
        var parent = Find(_path.Parent, entry, makes: true)!;
        var there = parent.Children.TryGetValue(name.ToArray(), out var found) ? found.Node : null;
        if (entry.Kind == TarKind.Directory && there is { IsDirectory: true })
        {
            there.Describe(entry);
            parent.Children[name.ToArray()] = new LowerLink(there, _layer);
            return;
        }
        var node = entry.Kind == TarKind.HardLink ? Target(entry)
            : new LowerNode(entry) { Parent = parent, Content = entry.Kind == TarKind.File ? Hash(entry, layer) : default };
        if (there is not null && there != node)
        {
            Forget(there);
        }
        node.NameCount += there == node ? 0 : 1;
        parent.Children[name.ToArray()] = new LowerLink(node, _layer);
    }

    // What aufs kept for itself, with all that is in such a directory.
    private bool IsAufs()
    {
        var prefix = ".wh..wh."u8;
        var parent = _path.Parent;
        var name = _path.Last[..^1];
        return (name.StartsWith(prefix) && !name.SequenceEqual(Whiteout.Opaque)) || parent.StartsWith(prefix) || parent.IndexOf("/.wh..wh."u8) >= 0;
    }

    private void WhiteOut(ReadOnlySpan<byte> name)
    {
        if (_layer == 1 || Find(_path.Parent, null, makes: false) is not { } parent)
        {
            return;
        }
        if (name.SequenceEqual(Whiteout.Opaque))
        {
            RemoveChildren(parent);
        }
        else
        {
            RemoveOne(parent, name[Whiteout.Prefix.Length..].ToArray());
        }
    }

    // What the current layer has made stays, and so do the directories above it, which nothing describes when the layer does not.
    private bool RemoveOne(LowerNode parent, byte[] name)
    {
        if (!parent.Children.TryGetValue(name, out var child))
        {
            return false;
        }
        var isOfLayer = child.Layer == _layer;
        var stays = child.Node.IsDirectory && RemoveChildren(child.Node);
        if (isOfLayer)
        {
            return true;
        }
        if (stays)
        {
            child.Node.Describe(null);
            return true;
        }
        parent.Children.Remove(name);
        child.Node.NameCount--;
        return false;
    }

    private bool RemoveChildren(LowerNode directory)
    {
        var anyStays = false;
        foreach (var name in new List<byte[]>(directory.Children.Keys))
        {
            anyStays |= RemoveOne(directory, name);
        }
        return anyStays;
    }

    private static void Forget(LowerNode node)
    {
        node.NameCount--;
        foreach (var child in node.Children.Values)
        {
            Forget(child.Node);
        }
    }

    private LowerNode Target(TarEntry entry)
    {
        _target.Set(entry.LinkName, entry.Name);
        var directory = _target.IsRoot ? null : Find(_target.Parent, null, makes: false);
        return directory is not null && directory.Children.TryGetValue(_target.Last[..^1].ToArray(), out var target) && !target.Node.IsDirectory
            ? target.Node
            : throw new ImageError($"read {TarText.Of(entry.Name)}: it is a link to {TarText.Of(entry.LinkName)}, which is no file of the image");
    }

    // The directory of a path, links followed inside of the root. Null: there is none.
    private LowerNode? Find(ReadOnlySpan<byte> path, TarEntry? entry, bool makes)
    {
        var node = Root;
        var rest = new Stack<byte[]>();
        Push(rest, path);
        for (var links = 0; rest.TryPop(out var name);)
        {
            if (name is [(byte)'.', (byte)'.'])
            {
                node = node.Parent ?? Root;
                continue;
            }
            if (!node.Children.TryGetValue(name, out var child))
            {
                if (!makes)
                {
                    return null;
                }
                child = new LowerLink(LowerNode.Implicit(node), _layer);
                child.Node.NameCount = 1;
                node.Children.Add(name, child);
            }
            if (child.Node.IsDirectory)
            {
                node = child.Node;
            }
            else if (child.Node.Entry.Kind == TarKind.Symlink && ++links <= MostLinks)
            {
                var target = child.Node.Entry.LinkName;
                node = target is [(byte)'/', ..] ? Root : node;
                Push(rest, target);
            }
            else
            {
                return makes ? throw new ImageError($"read {TarText.Of(entry!.Name)}: {TarText.Of(path)} is no directory") : null;
            }
        }
        return node;
    }

    private static void Push(Stack<byte[]> components, ReadOnlySpan<byte> path)
    {
        while (!path.IsEmpty)
        {
            var slash = path.LastIndexOf((byte)'/');
            var last = path[(slash + 1)..];
            path = slash < 0 ? default : path[..slash];
            if (!last.IsEmpty && last is not [(byte)'.'])
            {
                components.Push(last.ToArray());
            }
        }
    }

    private Digest Hash(TarEntry entry, TarReader layer)
    {
        using var hasher = new Hasher();
        var end = 0L;
        while (layer.ReadData(_block, out var offset) is > 0 and var length)
        {
            HashZeros(hasher, offset - end);
            hasher.Append(_block.AsSpan(0, length));
            end = offset + length;
        }
        HashZeros(hasher, entry.Size - end);
        return hasher.Finish();
    }

    private static void HashZeros(Hasher hasher, long count)
    {
        Span<byte> zeros = stackalloc byte[4096];
        zeros.Clear();
        for (; count > 0; count -= zeros.Length)
        {
            hasher.Append(zeros[..(int)Math.Min(count, zeros.Length)]);
        }
    }
}
