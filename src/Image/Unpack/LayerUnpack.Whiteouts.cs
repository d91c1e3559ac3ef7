using System.Collections.Generic;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Tar;

namespace SharpRun.Image.Unpack;

// What of the layers below is gone. In memory until the end, since only then it is known which names this layer has itself.
sealed partial class LayerUnpack
{
    // Null: everything in the directory.
    private void WhiteOut(string? victim, TarEntry entry)
    {
        // Not even the directory is there: a whiteout makes none. (A path that leads nowhere is refused even when nothing is below.)
        if (Resolve(_path.Parent, entry, makes: false, out _) is not { } directory || _lower.Count == 0)
        {
            return;
        }
        if (victim is not null)
        {
            HideName(directory, victim);
        }
        else if (directory.Parent is null)
        {
            // Overlay heeds no opaque root (fs/overlayfs/super.c merges the roots of all layers): name by name.
            foreach (var name in _lower.Names(directory))
            {
                HideName(directory, name);
            }
        }
        else if (directory.Lower.Length > 0)
        {
            directory.IsOpaque = true;
            HideChildren(directory);
        }
    }

    private void HideName(LayerDirectory directory, string name)
    {
        if ((directory.HasWhiteouts && directory.Whiteouts.Contains(name)) || _lower.Find(directory, name) is not { IsThere: true } below)
        {
            return;
        }
        directory.Whiteouts.Add(name);
        if (!directory.HasChildren || !directory.Children.TryGetValue(name, out var child))
        {
            return;
        }
        if (child.IsMade)
        {
            child.IsOpaque |= below.IsDirectory;
            Hide(child);
        }
        else
        {
            directory.Children.Remove(name);
        }
    }

    // A directory that is there in this layer, while the one below it is gone.
    private void Hide(LayerDirectory directory)
    {
        if (!directory.HasEntry && directory.DescribedBy >= 0)
        {
            // It was made for something of this layer, with the attributes of what is gone.
            var fd = Make(directory);
            var error = _writer.MakeImplicit(fd);
            Sys.Close(fd);
            error.OrThrow("change the mode of a directory");
            directory.ModifiedAt = null;
            directory.LastMode = null;
        }
        directory.DescribedBy = -1;
        HideChildren(directory);
    }

    private void HideChildren(LayerDirectory directory)
    {
        directory.Lower = [];
        directory.ForgetWhiteouts();
        if (!directory.HasChildren)
        {
            return;
        }
        foreach (var child in (List<LayerDirectory>)[.. directory.Children.Values])
        {
            if (child.IsMade)
            {
                Hide(child);
            }
            else
            {
                directory.Children.Remove(child.Name);
            }
        }
    }
}
