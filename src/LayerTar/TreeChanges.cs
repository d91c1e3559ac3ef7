using System;
using System.Collections.Generic;
using SharpRun.Oci;

namespace SharpRun.LayerTar;

/// <summary>
/// What has been done to an unpacked image: the tree against the table of its layers. It is found first and written then, because of hard links: one
/// new name of a file, or one that is gone its own way, is said by all names of it, the first with the content, so that no unpacker has to find a link's
/// target in a layer below. The directories above a change are written with it, for unpackers that would make them anew.
/// </summary>
public sealed class TreeChanges
{
    private readonly TreeRoot _root;
    private readonly LayerRules _rules;
    private readonly IReadOnlyList<byte[]> _masks;
    private readonly TreeCompare _compare;

    // In the order of the layer.
    private readonly List<Change> _changes = [];
    private readonly Dictionary<InodeKey, LinkGroup> _groups = [];
    private int _order;

    private enum ChangeKind
    {
        Entry, Whiteout, Directory,
    }

    /// <summary>Of a changed directory Parent is itself, and it is written as the parents of other changes are.</summary>
    private sealed record Change(ChangeKind Kind, int Order, byte[] Path, Directory Parent, TreeEntry? Entry = null)
    {
        /// <summary>The layers below have nothing of this name.</summary>
        public bool IsNew { get; init; }
    }

    /// <summary>A directory of the tree, to be written before what has changed in it.</summary>
    private sealed class Directory(int order, TreeEntry entry, Directory? parent, LowerNode? lower)
    {
        public readonly int Order = order;
        public readonly TreeEntry Entry = entry;
        public readonly Directory? Parent = parent;
        public readonly LowerNode? Lower = lower;
        public bool IsWritten, IsNew;
    }

    /// <summary>The names of one file, and what the layers have under them.</summary>
    private sealed class LinkGroup
    {
        public readonly List<Change> Names = [];
        public readonly HashSet<LowerNode> Lower = [];
        public bool IsChanged;
    }

    private TreeChanges(TreeRoot root, LayerRules rules, IReadOnlyList<byte[]> masks, TreeCompare compare) =>
        (_root, _rules, _masks, _compare) = (root, rules, masks, compare);

    /// <summary>Nothing has been changed.</summary>
    public bool IsEmpty => _changes.Count == 0;

    /// <param name="masks">Paths that are not looked at, without a slash at either end.</param>
    /// <param name="hasSameContent">Of a regular file that has the size of that in the layers below.</param>
    public static TreeChanges Find(
        TreeRoot root, LowerNode lower, LayerRules rules, IReadOnlyList<byte[]> masks, Func<TreeEntry, LowerNode, bool> hasSameContent)
    {
        var changes = new TreeChanges(root, rules, masks, new TreeCompare(root, rules, hasSameContent));
        changes.Walk(lower);
        changes.JudgeLinks();
        changes._changes.Sort((a, b) => a.Order.CompareTo(b.Order));
        return changes;
    }

    public void Write(LayerArchive layer)
    {
        var firstNames = new Dictionary<InodeKey, byte[]>();
        foreach (var change in _changes)
        {
            if (change.Kind == ChangeKind.Directory || change.Parent.Parent is not null)
            {
                WriteDirectory(layer, change.Parent);
            }
            if (change.Kind == ChangeKind.Whiteout)
            {
                layer.AddWhiteout(change.Path);
            }
            else if (change.Entry is not null)
            {
                TreeLayer.WriteEntry(_root, _rules, layer, change.Entry, firstNames);
            }
        }
    }

    // With those above it, but the root: it is in every unpacker's hands already, and often no layer describes it.
    private void WriteDirectory(LayerArchive layer, Directory directory)
    {
        if (directory.IsWritten)
        {
            return;
        }
        if (directory.Parent is { Parent: not null } parent)
        {
            WriteDirectory(layer, parent);
        }
        directory.IsWritten = true;
        layer.Add(_rules.EntryOf(directory.Entry, _root));
    }

    /// <summary>The same as <see cref="Write"/>, as a tree in overlay's form. Its root is the caller's to describe.</summary>
    public void Copy(TreeMaker maker)
    {
        var made = new HashSet<Directory>();
        foreach (var change in _changes)
        {
            if (change.Kind == ChangeKind.Directory || change.Parent.Parent is not null)
            {
                CopyDirectory(maker, change.Parent, made);
            }
            if (change.Kind == ChangeKind.Whiteout)
            {
                maker.MakeWhiteout(change.Path);
            }
            else if (change.Entry is { } entry)
            {
                if (TreeCheck.CopiedDeviceIsNoWhiteout.Fails(OverlayWords.IsWhiteout(entry.Status)))
                {
                    throw new ImageError($"{_root.Act("pack", entry.Path)}: a character device 0:0 is overlay's sign for a file that is not there");
                }
                maker.Make(entry);
            }
        }
    }

    /// <summary>For people, with the directories above the changes.</summary>
    public IReadOnlyList<ChangedPath> Paths()
    {
        var paths = new List<ChangedPath>();
        var said = new HashSet<Directory>();
        foreach (var change in _changes)
        {
            for (var directory = change.Parent; directory?.Parent is not null && said.Add(directory); directory = directory.Parent)
            {
                paths.Add(new ChangedPath(directory.IsNew ? ChangeOf.Added : ChangeOf.Changed, directory.Entry.Path));
            }
            if (change.Kind != ChangeKind.Directory)
            {
                paths.Add(new ChangedPath(change.Kind == ChangeKind.Whiteout ? ChangeOf.Deleted : change.IsNew ? ChangeOf.Added : ChangeOf.Changed, change.Path));
            }
        }
        ChangedPath.Sort(paths);
        return paths;
    }

    private static void CopyDirectory(TreeMaker maker, Directory directory, HashSet<Directory> made)
    {
        if (directory.Parent is null || !made.Add(directory))
        {
            return;
        }
        CopyDirectory(maker, directory.Parent, made);
        maker.MakeDirectory(directory.Entry);
    }

    private void Walk(LowerNode lowerRoot)
    {
        using var walk = new TreeWalk(_root);
        var above = new List<Directory>();
        while (walk.Next())
        {
            var entry = walk.Current;
            above.RemoveRange(walk.Depth, above.Count - walk.Depth);
            var parent = above.Count == 0 ? null : above[^1];
            var lower = parent is null ? lowerRoot : Below(parent.Lower, entry.Name);
            if (parent is not null && IsMasked(entry.Path))
            {
                if (entry.Status.IsDirectory)
                {
                    walk.SkipDirectory();
                }
                continue;
            }
            if (parent is not null)
            {
                TreeLayer.RequireUnmounted(walk, _root);
            }
            _order++;
            if (entry.Status.IsDirectory)
            {
                var directory = new Directory(_order, entry, parent, lower is { IsDirectory: true } ? lower : null) { IsNew = lower is null };
                above.Add(directory);
                LookAtDirectory(walk, directory);
            }
            else
            {
                LookAt(entry, parent!, lower);
            }
        }
    }

    private void LookAtDirectory(TreeWalk walk, Directory directory)
    {
        if (directory.Lower is null || !_compare.IsSame(directory.Entry, directory.Lower))
        {
            _changes.Add(new Change(ChangeKind.Directory, directory.Order, directory.Entry.Path, directory));
        }
        if (directory.Lower is null)
        {
            return;
        }
        var names = new List<byte[]>();
        foreach (var name in directory.Lower.Children.Keys)
        {
            if (!Contains(walk.Names, name))
            {
                names.Add(name);
            }
        }
        names.Sort(BytesComparer.Instance);
        foreach (var name in names)
        {
            byte[] path = directory.Entry.Path.Length == 0 ? name : [.. directory.Entry.Path, (byte)'/', .. name];
            if (!IsMasked(path))
            {
                _changes.Add(new Change(ChangeKind.Whiteout, ++_order, path, directory));
            }
        }
    }

    private void LookAt(TreeEntry entry, Directory parent, LowerNode? lower)
    {
        if (entry.Status.IsSocket)
        {
            _rules.Warn($"{_root.Act("pack", entry.Path)}: a socket cannot be in a layer, left out");
            if (lower is not null)
            {
                _changes.Add(new Change(ChangeKind.Whiteout, _order, entry.Path, parent));
            }
            return;
        }
        var change = new Change(ChangeKind.Entry, _order, entry.Path, parent, entry) { IsNew = lower is null };
        var isSame = lower is not null && _compare.IsSame(entry, lower);
        if (!entry.HasOtherNames && lower is not { NameCount: > 1 })
        {
            if (!isSame)
            {
                _changes.Add(change);
            }
            return;
        }
        if (!_groups.TryGetValue(entry.Inode, out var group))
        {
            _groups.Add(entry.Inode, group = new LinkGroup());
        }
        group.Names.Add(change);
        group.IsChanged |= !isSame;
        if (lower is not null)
        {
            group.Lower.Add(lower);
        }
    }

    // A group of names is as it was when each is as it was, all are of one file of the layers, and no other group has a name of that file.
    private void JudgeLinks()
    {
        var holders = new Dictionary<LowerNode, int>();
        foreach (var group in _groups.Values)
        {
            foreach (var lower in group.Lower)
            {
                holders[lower] = holders.GetValueOrDefault(lower) + 1;
            }
        }
        foreach (var group in _groups.Values)
        {
            var isOneFile = group.Lower.Count == 1;
            foreach (var lower in group.Lower)
            {
                isOneFile &= holders[lower] == 1;
            }
            if (group.IsChanged || !isOneFile)
            {
                _changes.AddRange(group.Names);
            }
        }
    }

    private static LowerNode? Below(LowerNode? directory, ReadOnlySpan<byte> name) =>
        directory is not null && directory.Children.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out var found) ? found.Node : null;

    // The names of the walk end with a zero.
    private static bool Contains(IReadOnlyList<byte[]> names, byte[] name)
    {
        var (low, high) = (0, names.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = names[middle].AsSpan()[..^1].SequenceCompareTo(name);
            if (order == 0)
            {
                return true;
            }
            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }
        return false;
    }

    private bool IsMasked(byte[] path)
    {
        foreach (var mask in _masks)
        {
            if (path.AsSpan().SequenceEqual(mask))
            {
                return true;
            }
        }
        return false;
    }
}
