using System;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.Image.Unpack;

/// <summary>
/// Layers, lowest first, into one root file system: entries over what is there, whiteouts away from what the layers below have left (image-spec, layer.md,
/// "Applying Changesets"). Whatever the layers hold, nothing outside of the root's descriptor is touched. What is half done after an error is the caller's
/// to remove.
/// </summary>
sealed class RootUnpack : IDisposable
{
    private readonly int _root;
    private readonly EntryWriter _writer;
    private readonly OpenParent _parent;
    private readonly LayerNames _names = new();
    private readonly EntryPath _path = new(), _target = new();
    private bool _hasLower;

    /// <summary>The root: an empty directory, opened for reading. It stays open.</summary>
    public RootUnpack(int root, Owners owners, Losses losses)
    {
        _root = root;
        _writer = new EntryWriter(owners, losses);
        _parent = new OpenParent(root, _writer, _names);
        // The directory around may have given it a default list, which would pass on to everything.
        _writer.MakeImplicit(root).OrThrow("change the mode of the root");
    }

    /// <summary>The limit; tests have a smaller one.</summary>
    public int EntriesInLayer { get; init; } = UnpackLimits.EntriesInLayer;

    /// <summary>All entries. What follows the archive's end in the stream is left there.</summary>
    public void Add(TarReader layer)
    {
        foreach (var entry in LayerEntries.Of(layer, EntriesInLayer))
        {
            Add(entry, layer);
        }
        _parent.Leave();
        if (_names.Count > 0)
        {
            _names.Clear();
        }
        _hasLower = true;
    }

    /// <summary>After the last layer.</summary>
    public void Finish() => _writer.Finish(_root);

    public void Dispose() => _parent.Dispose();

    private void Add(TarEntry entry, TarReader layer)
    {
        _path.Set(entry.Name, entry.Name);
        if (_path.IsRoot)
        {
            AddRoot(entry);
            return;
        }
        if (WhiteoutName.IsForeign(_path, entry))
        {
            return;
        }
        if (WhiteoutName.TryGet(_path, entry, out var victim))
        {
            WhiteOut(victim, entry);
            return;
        }
        var name = _path.Last;
        _parent.Enter(_path.Parent, entry, makes: true);
        if (entry.Kind == TarKind.HardLink)
        {
            Link(name, entry);
        }
        else if (_writer.Make(_parent.Current, name, entry, layer))
        {
            _parent.Forget();
        }
        if (_hasLower)
        {
            _names.Add(_parent.Current.Status.Ino, name[..^1]);
        }
    }

    private void AddRoot(TarEntry entry)
    {
        if (ImageCheck.RootIsADirectory.Fails(entry.Kind != TarKind.Directory))
        {
            throw new ImageError($"unpack {TarText.Of(entry.Name)}: the root of an image is a directory");
        }
        _parent.Leave();
        _writer.ApplyTo(_root, entry);
    }

    // Empty: everything in the directory.
    private void WhiteOut(ReadOnlySpan<byte> victim, TarEntry entry)
    {
        // Not even the directory is there (a whiteout makes none), or nothing is below.
        if (!_parent.Enter(_path.Parent, entry, makes: false) || ImageCheck.WhiteoutsAreOfLowerLayers.Fails(!_hasLower))
        {
            return;
        }
        var (fd, ino) = (_parent.Current.Fd, _parent.Current.Status.Ino);
        var error = victim.IsEmpty
            ? WhiteoutRemoval.WhiteOutAll(fd, ino, _names, _writer.MakeImplicit)
            : WhiteoutRemoval.WhiteOut(fd, ino, victim, _names, _writer.MakeImplicit);
        _parent.Forget();
        if (error != Errno.OK)
        {
            throw new ErrnoException($"white out {TarText.Of(entry.Name)}", error);
        }
    }

    private void Link(ReadOnlySpan<byte> name, TarEntry entry)
    {
        _target.Set(entry.LinkName, entry.Name);
        var isBeside = _target.Parent.SequenceEqual(_path.Parent);
        if (_target.IsRoot)
        {
            throw new ErrnoException($"link {TarText.Of(entry.Name)} to the root", Errno.EPERM);
        }
        var opened = isBeside ? Result.Of(_parent.Current.Fd) : _parent.Open(_target.Parent, entry);
        if (!opened.Ok)
        {
            throw new ErrnoException($"link {TarText.Of(entry.Name)} to {TarText.Of(entry.LinkName)}", opened.Error);
        }
        try
        {
            if (EntryWriter.Link(_parent.Current, name, entry, opened.Value, _target.Last))
            {
                _parent.Forget();
            }
        }
        finally
        {
            if (!isBeside)
            {
                Sys.Close(opened.Value);
            }
        }
    }
}
