using System.Collections.Generic;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.LayerTar;

/// <summary>A file, directory or other thing of the layers below, whatever names it has there.</summary>
public sealed class LowerNode(TarEntry entry)
{
    private const uint ImplicitMode = 0x1ED; // 0755

    /// <summary>As its layer has it, but for the name.</summary>
    public TarEntry Entry { get; private set; } = entry;

    public bool IsDirectory => Entry.Kind == TarKind.Directory;

    /// <summary>No layer describes the directory: it is there because something is in it, and its time is that of its making.</summary>
    public bool IsImplicit { get; private set; }

    /// <summary>Of a file in an archive.</summary>
    public Digest Content { get; init; }

    /// <summary>Of a file in a layer's tree: where it stands.</summary>
    public LowerFile? File { get; init; }

    /// <summary>Of a directory.</summary>
    public Dictionary<byte[], LowerLink> Children { get; } = entry.Kind == TarKind.Directory ? new(BytesComparer.Instance) : s_none;

    /// <summary>Of a directory; the root is its own.</summary>
    public LowerNode? Parent { get; init; }

    /// <summary>How many names it has.</summary>
    public int NameCount { get; set; }

    private static readonly Dictionary<byte[], LowerLink> s_none = [];

    public static LowerNode Implicit(LowerNode? parent)
    {
        var node = new LowerNode(new TarEntry(TarKind.Directory, [])) { Parent = parent };
        node.Describe(null);
        return node;
    }

    /// <summary>A later entry of the directory, or none: it is implicit then.</summary>
    public void Describe(TarEntry? entry)
    {
        IsImplicit = entry is null;
        Entry = entry ?? new TarEntry(TarKind.Directory, []) { Mode = ImplicitMode };
    }
}

/// <summary>A name in a directory, and the number of the layer that has made it.</summary>
public readonly record struct LowerLink(LowerNode Node, int Layer);

/// <summary>A file in the tree of a layer.</summary>
public sealed record LowerFile(TreeRoot Root, TreeEntry Entry);
