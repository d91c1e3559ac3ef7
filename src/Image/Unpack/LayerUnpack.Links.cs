using System.Collections.Generic;
using System.Globalization;
using System.Text;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.Image.Unpack;

// Hard links. One over layers is not possible on the disk: the lower file is copied into this layer, once, and at the end the name by which it was meant
// is given to the copy as well, unless that name has gone meanwhile. Other names that the file has below stay with the old one.
sealed partial class LayerUnpack
{
    private readonly Dictionary<(int Layer, ulong Ino), byte[]> _copies = [];
    private readonly List<(LayerDirectory Directory, string Name, byte[] Copy)> _meant = [];

    // True: something else had the name.
    private bool Link(TarEntry entry)
    {
        _target.Set(entry.LinkName, entry.Name);
        var directory = _target.IsRoot ? null : Resolve(_target.Parent, entry, makes: false, out _);
        var name = directory is null ? default : Find(directory, Text(_target.Last[..^1]));
        if (_target.IsRoot || name.Directory is not null)
        {
            throw new ErrnoException($"link {TarText.Of(entry.Name)} to {TarText.Of(entry.LinkName)}, a directory", Errno.EPERM);
        }
        if (!name.IsThere)
        {
            throw new ErrnoException($"link {TarText.Of(entry.Name)} to {TarText.Of(entry.LinkName)}", Errno.ENOENT);
        }
        RefuseInside(directory!, entry);
        if (!name.IsInThisLayer)
        {
            return EntryWriter.Link(_parent, _path.Last, entry, _scratch, CopyOf(directory!, name.Below, entry));
        }
        var target = Make(directory!);
        try
        {
            return EntryWriter.Link(_parent, _path.Last, entry, target, _target.Last);
        }
        finally
        {
            Sys.Close(target);
        }
    }

    // The directory would have to go for the link, and the target with it.
    private void RefuseInside(LayerDirectory directory, TarEntry entry)
    {
        for (var at = directory; at.Parent is not null; at = at.Parent)
        {
            if (ImageCheck.LinkIsNotInItsVictim.Fails(at.Parent == _current && at.Name == Text(_path.Last[..^1])))
            {
                throw new ImageError($"link {TarText.Of(entry.Name)} to {TarText.Of(entry.LinkName)}: that is in the directory which the link would replace");
            }
        }
    }

    // The name of the copy in the scratch directory, with a final zero.
    private byte[] CopyOf(LayerDirectory directory, in LowerName below, TarEntry entry)
    {
        if (!_copies.TryGetValue((below.Layer, below.Status.Ino), out var copy))
        {
            copy = Encoding.ASCII.GetBytes(_copies.Count.ToString(CultureInfo.InvariantCulture) + "\0");
            var from = _lower.Look(below.Layer, directory, null).OrThrow("open a directory of a lower layer");
            var error = _copyUp.Copy(from, _target.Last, _scratch, copy);
            Sys.Close(from);
            error.OrThrow($"copy {TarText.Of(entry.LinkName)} out of a lower layer, for the link {TarText.Of(entry.Name)}");
            _copies.Add((below.Layer, below.Status.Ino), copy);
        }
        _meant.Add((directory, Text(_target.Last[..^1]), copy));
        return copy;
    }

    private void FinishLinks()
    {
        foreach (var (directory, name, copy) in _meant)
        {
            var isBelow = directory.Lower.Length > 0 && directory.IsAttached && !(directory.HasWhiteouts && directory.Whiteouts.Contains(name))
                && !(directory.HasChildren && directory.Children.ContainsKey(name));
            if (!isBelow)
            {
                continue;
            }
            var fd = Make(directory);
            // This layer's own file of that name came later, and stays.
            var error = Sys.LinkAt(_scratch, copy, fd, Bytes(name), 0);
            Sys.Close(fd);
            if (error is not (Errno.OK or Errno.EEXIST))
            {
                error.Throw($"link {LayerDirectory.Say(name)} to its copy");
            }
        }
    }
}
