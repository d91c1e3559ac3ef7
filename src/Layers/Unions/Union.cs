using System;
using SharpRun.LayerStore;
using SharpRun.Linux;

namespace SharpRun.Layers.Unions;

/// <summary>unions/NAME under an exclusive flock(2) of the directory.</summary>
sealed class Union : IDisposable
{
    internal Union(StorePaths paths, string name, int directory) => (Paths, Name, Directory) = (paths, name, directory);

    public StorePaths Paths { get; }

    public string Name { get; }

    /// <summary>Absolute.</summary>
    public string Path => $"{Paths.Unions}/{Name}";

    /// <summary>A descriptor that can be listed.</summary>
    public int Directory { get; }

    /// <summary>Null: its making was cut short.</summary>
    public UnionRecord? Record { get; internal set; }

    /// <summary>A directory in it, O_RDONLY, which is made when it is missing. Its caller closes it.</summary>
    public int MakeDirectory(string name, uint mode)
    {
        var error = Sys.MkdirAt(Directory, ZeroTerminated.Of(name), mode);
        (error == Errno.EEXIST ? Errno.OK : error).OrThrow($"make {Path}/{name}");
        return OpenDirectory(name);
    }

    public int OpenDirectory(string name) => Entries.OpenDirectory(Directory, name).OrThrow($"open {Path}/{name}");

    public void Dispose() => Sys.Close(Directory);
}
