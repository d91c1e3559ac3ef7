using System.Linq;
using SharpRun.LayerTar;
using SharpRun.Linux;

namespace SharpRun.Image.Unpack;

sealed partial class LayerUnpack
{
    /// <summary>After the last entry: the tree is complete, though nothing need be on the disk yet.</summary>
    public void Finish()
    {
        Leave();
        FinishLinks();
        WriteWhiteouts(_root);
        WriteTimesAndModes(_root, _tree);
        _writer.Finish(_tree);
    }

    private void WriteWhiteouts(LayerDirectory directory)
    {
        if (directory.IsOpaque || directory.HasWhiteouts)
        {
            var fd = Make(directory);
            try
            {
                if (directory.IsOpaque)
                {
                    _words.SetOpaque(fd).OrThrow($"make {directory.Say()} opaque");
                }
                if (directory.HasWhiteouts)
                {
                    WriteWhiteouts(directory, fd);
                }
            }
            finally
            {
                Sys.Close(fd);
            }
        }
        if (directory.HasChildren)
        {
            foreach (var child in directory.Children.Values)
            {
                WriteWhiteouts(child);
            }
        }
    }

    private static void WriteWhiteouts(LayerDirectory directory, int fd)
    {
        foreach (var name in directory.Whiteouts)
        {
            var error = Sys.MknodAt(fd, Bytes(name), Native.S_IFCHR, 0, 0);
            // What this layer has under the name hides the lower one by itself.
            if (error is not (Errno.OK or Errno.EEXIST))
            {
                error.Throw(
                    $"make the whiteout of {LayerDirectory.Say(name)} in {directory.Say()}"
                    + $"{(error == Errno.EPERM ? " (before kernel 5.8 only root can)" : "")}");
            }
        }
    }

    // A time is no change of the directory above; a mode may be one that lets nobody in.
    private static void WriteTimesAndModes(LayerDirectory directory, int fd)
    {
        if (directory.ModifiedAt is { } time)
        {
            Sys.UtimensAt(fd, default, time, time, 0).OrThrow($"set the time of {directory.Say()}");
        }
        foreach (var child in directory.HasChildren ? directory.Children.Values : Enumerable.Empty<LayerDirectory>())
        {
            if (child.IsMade)
            {
                var opened = Sys.Open(fd, Bytes(child.Name), Flags).OrThrow($"open {child.Say()}");
                WriteTimesAndModes(child, opened);
                Sys.Close(opened);
            }
        }
        if (directory.LastMode is { } mode)
        {
            Sys.Fchmod(fd, mode).OrThrow($"change the mode of {directory.Say()}");
        }
    }
}
