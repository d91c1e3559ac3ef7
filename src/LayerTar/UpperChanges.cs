using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.Linux;

namespace SharpRun.LayerTar;

/// <summary>What overlay's upper directory changes of the layers below it. Only the upper directory is walked: as many looks below as it has names.</summary>
public sealed class UpperChanges
{
    private readonly TreeRoot _upper;
    private readonly LowerStack _lower;
    private readonly List<ChangedPath> _changes = [];

    // A directory of the upper one, as the layers below have it whatever the upper one hides.
    private sealed record Level(LayerDirectory Lower, bool IsHidden);

    private UpperChanges(TreeRoot upper, LowerStack lower) => (_upper, _lower) = (upper, lower);

    /// <param name="lower">Descriptors of the layers' trees, the uppermost first.</param>
    public static IReadOnlyList<ChangedPath> Find(TreeRoot upper, IReadOnlyList<int> lower)
    {
        var changes = new UpperChanges(upper, new LowerStack(lower, OverlayWords.IsOpaqueForAnybody));
        changes.Walk();
        ChangedPath.Sort(changes._changes);
        return changes._changes;
    }

    private void Walk()
    {
        using var walk = new TreeWalk(_upper, devicesFirst: true);
        var above = new List<Level>();
        while (walk.Next())
        {
            var entry = walk.Current;
            above.RemoveRange(walk.Depth, above.Count - walk.Depth);
            if (above.Count == 0)
            {
                above.Add(new Level(Root(), IsHidden: false));
                continue;
            }
            OverlayMarks.RefuseRedirections(entry, _upper);
            var parent = above[^1];
            var name = Encoding.Latin1.GetString(entry.Name);
            var lower = _lower.Find(parent.Lower, name);
            if (entry.Status.IsDirectory)
            {
                Add(lower.IsThere ? ChangeOf.Changed : ChangeOf.Added, entry.Path);
                var isHidden = parent.IsHidden || OverlayMarks.IsOpaque(entry);
                var level = new Level(new LayerDirectory(parent.Lower, name) { Lower = lower.IsDirectory ? lower.Lower : [] }, isHidden);
                above.Add(level);
                if (isHidden)
                {
                    AddHidden(level, entry.Path, walk.Names);
                }
            }
            else if (!OverlayMarks.IsWhiteout(entry))
            {
                Add(lower.IsThere ? ChangeOf.Changed : ChangeOf.Added, entry.Path);
            }
            else if (lower.IsThere)
            {
                Add(ChangeOf.Deleted, entry.Path);
            }
        }
    }

    private LayerDirectory Root()
    {
        var root = new LayerDirectory(null, "") { Lower = new int[_lower.Count] };
        for (var layer = 0; layer < _lower.Count; layer++)
        {
            root.Lower[layer] = layer;
        }
        return root;
    }

    // What the layers below have in an opaque directory, or in one of such a directory, and the upper one has not.
    private void AddHidden(Level level, byte[] path, IReadOnlyList<byte[]> names)
    {
        var there = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            there.Add(Encoding.Latin1.GetString(name.AsSpan()[..^1]));
        }
        foreach (var name in _lower.Names(level.Lower))
        {
            if (!there.Contains(name) && _lower.Find(level.Lower, name).IsThere)
            {
                Add(ChangeOf.Deleted, [.. path, (byte)'/', .. Encoding.Latin1.GetBytes(name)]);
            }
        }
    }

    private void Add(ChangeOf kind, byte[] path) => _changes.Add(new ChangedPath(kind, path));
}
