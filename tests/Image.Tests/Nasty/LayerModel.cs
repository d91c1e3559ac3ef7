using System;
using System.Collections.Generic;
using System.Linq;
using SharpRun.LayerTar;
using SharpRun.Tar;

namespace SharpRun.Image.Tests.Nasty;

/// <summary>What is expected of a stack of layers: a tree, or that it is refused and why.</summary>
sealed record Expected(ModelTree? Tree, string? Refusal)
{
    public override string ToString() => Refusal ?? "a tree";
}

/// <summary>The form that the layers are unpacked into.</summary>
enum Form
{
    /// <summary>One root file system.</summary>
    Plain,

    /// <summary>A directory for each layer, merged by overlay.</summary>
    Overlay,

    /// <summary>The same layers, copied into one tree: merged by us.</summary>
    Merged,

    /// <summary>The same, with the uppermost layer made anew from what that tree has and the layers below have not.</summary>
    Found,
}

/// <summary>What a stack of layers means, computed in a dictionary (image-spec, layer.md), without a file system and without any of the code that
/// it judges. Where the specification is silent and unpackers differ, the tree says "not compared".</summary>
sealed class LayerModel
{
    private const int MostLinks = 40, MostDirectories = 255;

    private sealed class Refused(string reason) : Exception(reason);

    /// <summary>A name. Layer: the last one that holds it or something below it. EntryLayer: the last one that says what it is.</summary>
    private sealed class Place(ModelNode node, int layer)
    {
        public ModelNode Node { get; } = node;
        public int Layer { get; set; } = layer;
        public int EntryLayer { get; set; } = layer;
    }

    private readonly Form _form;
    private readonly SortedDictionary<string, Place> _places = new(StringComparer.Ordinal);

    // In overlay's form, a lower file that gets another name is copied into this layer, and only the names that this layer speaks of go with it.
    private readonly Dictionary<ModelNode, ModelNode> _copies = new(ReferenceEqualityComparer.Instance);
    private readonly List<(string Path, ModelNode Lower)> _copiedNames = [];
    private int _layer;

    private LayerModel(Form form)
    {
        _form = form;
        _places[""] = new Place(Implicit(), 0);
    }

    public static Expected Of(IReadOnlyList<IReadOnlyList<NastyEntry>> layers, Form form)
    {
        var model = new LayerModel(form);
        try
        {
            for (var layer = 0; layer < layers.Count; layer++)
            {
                model.Apply(layer + 1, layers[layer]);
            }
        }
        catch (Refused refused)
        {
            return new Expected(null, refused.Message);
        }
        var tree = new ModelTree();
        foreach (var (path, place) in model._places)
        {
            tree.Paths[path] = place.Node;
        }
        return new Expected(tree, null);
    }

    private void Apply(int number, IReadOnlyList<NastyEntry> entries)
    {
        _layer = number;
        _copies.Clear();
        _copiedNames.Clear();
        foreach (var entry in entries)
        {
            Apply(entry);
        }
        foreach (var (path, lower) in _copiedNames)
        {
            if (_places.TryGetValue(path, out var place) && place.Node == lower)
            {
                _places[path] = new Place(_copies[lower], _layer);
            }
        }
    }

    private void Apply(NastyEntry entry)
    {
        var components = Cleaned(entry.Name);
        if (components.Count == 0)
        {
            if (entry.Kind != TarKind.Directory)
            {
                throw new Refused("the root is a directory");
            }
            Describe(_places[""], entry);
            return;
        }
        var name = components[^1];
        components.RemoveAt(components.Count - 1);
        if (components.Find(component => component.StartsWith(".wh.", StringComparison.Ordinal)) is { } reserved)
        {
            _ = reserved.StartsWith(".wh..wh.", StringComparison.Ordinal) ? true : throw new Refused("a directory with the name of a whiteout");
            return;
        }
        if (name.StartsWith(".wh.", StringComparison.Ordinal))
        {
            Whiteout(components, name[4..]);
            return;
        }
        var parent = Resolve(components, makesMissing: true)!;
        Put(entry, Join(parent, name));
    }

    private void Whiteout(List<string> directory, string name)
    {
        if (name is "" or "." or "..")
        {
            throw new Refused("a whiteout of nothing");
        }
        var isOpaque = name == ".wh..opq";
        if (Resolve(directory, makesMissing: false) is not { } parent || (name.StartsWith(".wh.", StringComparison.Ordinal) && !isOpaque))
        {
            return;
        }
        var gone = isOpaque ? Below(parent) : [.. Below(Join(parent, name)), Join(parent, name)];
        foreach (var path in gone)
        {
            if (!_places.TryGetValue(path, out var place))
            {
                continue;
            }
            if (place.Layer < _layer)
            {
                _places.Remove(path);
            }
            else if (place.EntryLayer < _layer)
            {
                // A lower directory is gone, and one of its name is there since something of this layer is in it: as if nothing were below.
                _places[path] = new Place(Implicit(), _layer);
            }
        }
    }

    private void Put(NastyEntry entry, string path)
    {
        RequireLength(path);
        _places.TryGetValue(path, out var old);
        var node = entry.Kind == TarKind.HardLink ? LinkTarget(entry, path) : null;
        if (entry.Kind == TarKind.Directory && old?.Node.Kind == TarKind.Directory)
        {
            Describe(old, entry);
        }
        else if (node is not null && node == old?.Node)
        {
            old.Layer = old.EntryLayer = _layer;
        }
        else
        {
            if (entry is { Major: > 0xFFF } or { Minor: > 0xFFFFF })
            {
                throw new Refused("Linux has no such device");
            }
            if (_form == Form.Overlay && entry is { Kind: TarKind.CharDevice, Major: 0, Minor: 0 })
            {
                throw new Refused("the device would be a whiteout");
            }
            Remove(path);
            node ??= new ModelNode(entry.Kind) { Data = entry.Data, Link = entry.Link, Device = (entry.Major, entry.Minor) };
            var place = new Place(node, _layer);
            _places[path] = place;
            if (entry.Kind != TarKind.HardLink)
            {
                Describe(place, entry);
            }
        }
        Mark(path);
    }

    private void Describe(Place place, NastyEntry entry)
    {
        place.Layer = place.EntryLayer = _layer;
        place.Node.Mode = entry.Mode;
        place.Node.Owner = (entry.Uid, entry.Gid);
        place.Node.Time = entry.Time;
        place.Node.Attributes = [.. entry.Attributes.Where(pair => !IsHosts(pair.Name))];
    }

    private ModelNode LinkTarget(NastyEntry entry, string path)
    {
        var components = Cleaned(entry.Link);
        if (components.Count == 0)
        {
            throw new Refused("a hard link to a directory");
        }
        var name = components[^1];
        components.RemoveAt(components.Count - 1);
        if (Resolve(components, makesMissing: false) is not { } parent || !_places.TryGetValue(Join(parent, name), out var place))
        {
            throw new Refused("a hard link to nothing");
        }
        if (Join(parent, name).StartsWith(path + "/", StringComparison.Ordinal))
        {
            throw new Refused("a hard link in the place of the directory that its target is in");
        }
        if (place.Node.Kind == TarKind.Directory)
        {
            throw new Refused("a hard link to a directory");
        }
        if (_form == Form.Plain || place.Layer == _layer)
        {
            return place.Node;
        }
        _copiedNames.Add((Join(parent, name), place.Node));
        return _copies.TryGetValue(place.Node, out var copy) ? copy : _copies[place.Node] = place.Node.Copy();
    }

    // The real directory that a path leads to, as for a process whose root is the tree. Null: it is not there.
    private string? Resolve(IReadOnlyList<string> components, bool makesMissing)
    {
        var rest = new Stack<string>(components.Reverse());
        var (current, links) = ("", 0);
        while (rest.TryPop(out var component))
        {
            var path = Join(current, component);
            if (component == "..")
            {
                current = current.LastIndexOf('/') is > 0 and var slash ? current[..slash] : "";
            }
            else if (!_places.TryGetValue(path, out var place))
            {
                if (!makesMissing)
                {
                    return null;
                }
                RequireLength(path);
                _places[path] = new Place(Implicit(), _layer);
                current = path;
            }
            else if (place.Node.Kind == TarKind.Symlink)
            {
                if (++links > MostLinks)
                {
                    throw new Refused("too many links");
                }
                current = place.Node.Link.StartsWith('/') ? "" : current;
                foreach (var next in Enumerable.Reverse(Components(place.Node.Link)))
                {
                    rest.Push(next);
                }
            }
            else if (place.Node.Kind == TarKind.Directory)
            {
                current = path;
            }
            else
            {
                return makesMissing ? throw new Refused("a parent is no directory") : null;
            }
            if (current.Count(letter => letter == '/') + (current.Length > 0 ? 1 : 0) >= MostDirectories)
            {
                throw new Refused("too deep");
            }
        }
        return current;
    }

    // The directories above are part of this layer, since something of it is in them.
    private void Mark(string path)
    {
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            _places[path[..slash]].Layer = _layer;
        }
    }

    private void Remove(string path)
    {
        foreach (var below in Below(path))
        {
            _places.Remove(below);
        }
        _places.Remove(path);
    }

    private List<string> Below(string path) =>
        [.. _places.Keys.Where(name => name.Length > path.Length && (path.Length == 0 || name.StartsWith(path + "/", StringComparison.Ordinal)))];

    // NAME_MAX.
    private static void RequireLength(string path)
    {
        _ = path.Length - path.LastIndexOf('/') - 1 <= 255 ? true : throw new Refused("a name of more than 255 bytes");
    }

    // A directory that no entry describes.
    private static ModelNode Implicit() => new(TarKind.Directory) { Mode = 0x1ED, Owner = (0, 0) };

    // What an image never gets onto the host's files: overlay's own words, and labels that the host keeps.
    private static bool IsHosts(string attribute) => attribute.StartsWith("trusted.overlay.", StringComparison.Ordinal)
        || attribute.StartsWith("user.overlay.", StringComparison.Ordinal) || attribute is "security.selinux" or "security.ima" or "security.evm";

    private static string Join(string directory, string name) => directory.Length == 0 ? name : directory + "/" + name;

    // Names of entries and targets of hard links: ".." takes away the component before it, whatever that is (as Go's filepath.Clean, and so umoci and
    // containerd). In the target of a symbolic link it is the kernel's.
    private static List<string> Cleaned(string path)
    {
        var cleaned = new List<string>();
        foreach (var component in Components(path))
        {
            if (component != "..")
            {
                cleaned.Add(component);
            }
            else if (cleaned.Count > 0)
            {
                cleaned.RemoveAt(cleaned.Count - 1);
            }
        }
        return cleaned;
    }

    private static List<string> Components(string path) => [.. path.Split('/').Where(component => component is not ("" or "."))];
}
