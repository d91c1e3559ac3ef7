using System;
using System.Collections.Generic;

namespace SharpRun.LayerTar;

public enum ChangeOf
{
    Added, Changed, Deleted,
}

/// <summary>A path of a union, without a slash at either end, and what has become of it; that of a directory in which something has changed is
/// changed, too.</summary>
public sealed record ChangedPath(ChangeOf Kind, byte[] Path)
{
    /// <summary>In the order of their bytes.</summary>
    public static void Sort(List<ChangedPath> paths) => paths.Sort((a, b) => BytesComparer.Instance.Compare(a.Path, b.Path));
}
