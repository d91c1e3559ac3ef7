using System;
using SharpRun.LayerTar;
using SharpRun.Linux;

namespace SharpRun.Layers.Unions;

/// <summary>Whose the files of layers are. A store is one user's: root's have the image's owners, another's have been unpacked with --rootless.</summary>
static class TreeOwner
{
    private static bool IsRootless => Sys.GetEuid() != 0;

    public static CopyUp Copier => new(IsRootless);

    public static LayerRules Rules(Action<string> warn, bool isUpper = false) =>
        new(Owners.OfImage with { IsRootless = IsRootless }, warn) { IsUpper = isUpper };

    /// <summary>A tree by a descriptor that may be O_PATH.</summary>
    public static TreeRoot Open(int tree, string path) =>
        new(Sys.Open(tree, ".\0"u8, Native.O_RDONLY | Native.O_DIRECTORY).OrThrow($"open {path}"), path);
}
