using System;
using System.Collections.Generic;
using System.Linq;
using SharpRun.Tar;

namespace SharpRun.Image.Tests.Nasty;

/// <summary>What an inode is. Kind is never HardLink. Null: the specification does not say, and nothing is compared.</summary>
sealed class ModelNode(TarKind kind)
{
    public TarKind Kind { get; } = kind;

    public uint? Mode { get; set; }

    public (long Uid, long Gid)? Owner { get; set; }

    public TarTime? Time { get; set; }

    public IReadOnlyList<(string Name, string Value)>? Attributes { get; set; } = [];

    public byte[] Data { get; init; } = [];

    public string Link { get; init; } = "";

    public (uint Major, uint Minor) Device { get; init; }

    public ModelNode Copy() => new(Kind) { Mode = Mode, Owner = Owner, Time = Time, Attributes = Attributes, Data = Data, Link = Link, Device = Device };
}

/// <summary>A tree as a dictionary: "" is the root, "a/b" a path, names that share a node are hard links.</summary>
sealed class ModelTree
{
    public SortedDictionary<string, ModelNode> Paths { get; } = new(StringComparer.Ordinal);

    /// <summary>A line for every thing in which the real tree is not as expected, by path; none: they are the same.</summary>
    public static List<string> Differences(ModelTree expected, ModelTree actual)
    {
        var lines = new List<string>();
        var (expectedFirst, actualFirst) = (expected.FirstNames(), actual.FirstNames());
        foreach (var path in expected.Paths.Keys.Union(actual.Paths.Keys).Order(StringComparer.Ordinal))
        {
            var name = "/" + (path.Length == 0 ? "" : TreeText.Quoted(path)[1..^1]);
            if (!actual.Paths.TryGetValue(path, out var found))
            {
                lines.Add($"{name}: missing, a {expected.Paths[path].Kind} is expected");
            }
            else if (!expected.Paths.TryGetValue(path, out var wanted))
            {
                lines.Add($"{name}: a {found.Kind} that should not be there");
            }
            else
            {
                lines.AddRange(Differences(wanted, found).Select(line => $"{name}: {line}"));
                if (wanted.Kind != TarKind.Directory && expectedFirst[wanted] != actualFirst[found])
                {
                    lines.Add($"{name}: hard link of {TreeText.Quoted(actualFirst[found])}, expected of {TreeText.Quoted(expectedFirst[wanted])}");
                }
            }
        }
        return lines;
    }

    // The name by which a group of hard links is known.
    private Dictionary<ModelNode, string> FirstNames()
    {
        var names = new Dictionary<ModelNode, string>(ReferenceEqualityComparer.Instance);
        foreach (var (path, node) in Paths)
        {
            names.TryAdd(node, path);
        }
        return names;
    }

    private static IEnumerable<string> Differences(ModelNode wanted, ModelNode found)
    {
        if (wanted.Kind != found.Kind)
        {
            yield return $"a {found.Kind}, expected a {wanted.Kind}";
            yield break;
        }
        if (wanted.Mode is { } mode && wanted.Kind != TarKind.Symlink && mode != found.Mode)
        {
            yield return $"mode {Convert.ToString(found.Mode ?? 0, 8)}, expected {Convert.ToString(mode, 8)}";
        }
        if (wanted.Owner is { } owner && owner != found.Owner)
        {
            yield return $"owner {found.Owner}, expected {owner}";
        }
        if (wanted.Time is { } time && time != found.Time)
        {
            yield return $"time {found.Time}, expected {time}";
        }
        if (wanted.Attributes is { } attributes && TreeText.Of(attributes) != TreeText.Of(found.Attributes!))
        {
            yield return $"attributes{TreeText.Of(found.Attributes!)}, expected{TreeText.Of(attributes)}";
        }
        if (!wanted.Data.AsSpan().SequenceEqual(found.Data))
        {
            yield return $"{found.Data.Length} bytes {TreeText.Quoted(TreeText.Text(found.Data))}, expected {wanted.Data.Length} bytes {TreeText.Quoted(TreeText.Text(wanted.Data))}";
        }
        if (wanted.Link != found.Link)
        {
            yield return $"link to {TreeText.Quoted(found.Link)}, expected to {TreeText.Quoted(wanted.Link)}";
        }
        if (wanted.Device != found.Device)
        {
            yield return $"device {found.Device}, expected {wanted.Device}";
        }
    }
}
