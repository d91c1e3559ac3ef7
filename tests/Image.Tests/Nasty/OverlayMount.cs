using System.Collections.Generic;
using System.Text;
using SharpRun.LayerTar;
using SharpRun.Linux;

namespace SharpRun.Image.Tests.Nasty;

/// <summary>Layers as overlay merges them: a read-only mount that is attached nowhere, so that it is gone with its descriptor.</summary>
static class OverlayMount
{
    /// <summary>The trees, uppermost first. Overlay wants two at least: an empty one is always below.</summary>
    public static ModelTree Read(IReadOnlyList<string> trees, string empty, bool hasUsersWords = false)
    {
        var opened = new List<int>();
        var fs = Sys.FsOpen("overlay\0"u8).OrThrow("open overlay");
        try
        {
            foreach (var tree in (string[])[.. trees, empty])
            {
                // By descriptor, since fsconfig(2) takes no text of more than 255 bytes.
                var fd = Sys.Open(Native.AT_FDCWD, Encoding.UTF8.GetBytes(tree + "\0"), Native.O_PATH | Native.O_DIRECTORY).OrThrow("open " + tree);
                opened.Add(fd);
                Sys.FsConfigString(fs, "lowerdir+\0"u8, Encoding.ASCII.GetBytes($"/proc/self/fd/{fd}\0")).OrThrow("add a layer to a mount");
            }
            if (hasUsersWords)
            {
                Sys.FsConfigFlag(fs, "userxattr\0"u8).OrThrow("ask for userxattr");
            }
            Sys.FsConfigCreate(fs).OrThrow("make an overlay");
            opened.Add(Sys.FsMount(fs, Native.MOUNT_ATTR_RDONLY).OrThrow("mount an overlay"));
            return TreeWalk.Read(opened[^1]);
        }
        finally
        {
            opened.ForEach(fd => Sys.Close(fd));
            Sys.Close(fs);
        }
    }
}
