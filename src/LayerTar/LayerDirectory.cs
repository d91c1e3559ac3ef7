using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.Linux;
using SharpRun.Tar;

namespace SharpRun.LayerTar;

/// <summary>A directory of the merged view that the layer has something to do with. Its names are one character a byte (Latin-1).</summary>
public sealed class LayerDirectory(LayerDirectory? parent, string name)
{
    public LayerDirectory? Parent { get; } = parent;

    public string Name { get; } = name;

    public int Depth { get; } = parent is null ? 0 : parent.Depth + 1;

    /// <summary>The lower layers whose directory shows through here, the uppermost first. Empty: none does, now or any more.</summary>
    public int[] Lower { get; set; } = [];

    /// <summary>The lower layer that says what the directory is as long as this one does not. Negative: none.</summary>
    public int DescribedBy { get; set; } = -1;

    /// <summary>It is there in this layer's tree.</summary>
    public bool IsMade { get; set; }

    /// <summary>This layer says what it is.</summary>
    public bool HasEntry { get; set; }

    /// <summary>Gets overlay's word for "opaque" at the end.</summary>
    public bool IsOpaque { get; set; }

    /// <summary>Given at the end, when nothing is made in it any more. Null: nobody says.</summary>
    public TimeSpec? ModifiedAt { get; set; }

    /// <summary>Given at the end, too: a mode with which its own owner could make nothing in it. Null: it has its mode.</summary>
    public uint? LastMode { get; set; }

    /// <summary>Every directory of this layer's tree, and those below that were passed on the way.</summary>
    public Dictionary<string, LayerDirectory> Children => _children ??= new(StringComparer.Ordinal);

    public bool HasChildren => _children is { Count: > 0 };

    /// <summary>Names that lower layers have and that are gone. They become overlay's whiteouts at the end, where nothing of this layer has the name.</summary>
    public HashSet<string> Whiteouts => _whiteouts ??= new(StringComparer.Ordinal);

    public bool HasWhiteouts => _whiteouts is { Count: > 0 };

    private Dictionary<string, LayerDirectory>? _children;
    private HashSet<string>? _whiteouts;

    public void ForgetWhiteouts() => _whiteouts = null;

    /// <summary>It has not been replaced or whited out since it was found.</summary>
    public bool IsAttached => Parent is null || (Parent.Children.TryGetValue(Name, out var there) && there == this && Parent.IsAttached);

    /// <summary>A name or path for a sentence.</summary>
    public static string Say(string name) => TarText.Of(Encoding.Latin1.GetBytes(name));

    /// <summary>Its path, for a sentence.</summary>
    public string Say() => TarText.Of(PathOf(null).AsSpan()[..^1]);

    /// <summary>Below the root of a layer: "a/b" and a final zero, with a last component (null: none). The root alone is ".".</summary>
    public byte[] PathOf(string? last)
    {
        var length = last?.Length ?? -1;
        for (var at = this; at.Parent is not null; at = at.Parent)
        {
            length += at.Name.Length + 1;
        }
        if (length < 0)
        {
            return [(byte)'.', 0];
        }
        var path = new byte[length + 1];
        var end = length;
        void Put(string component)
        {
            Encoding.Latin1.GetBytes(component, path.AsSpan(end - component.Length));
            end -= component.Length + 1;
            if (end >= 0)
            {
                path[end] = (byte)'/';
            }
        }
        if (last is not null)
        {
            Put(last);
        }
        for (var at = this; at.Parent is not null; at = at.Parent)
        {
            Put(at.Name);
        }
        return path;
    }
}
