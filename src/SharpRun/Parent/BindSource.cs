using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Parent;

/// <summary>The source of a bind mount that the root of a user namespace cannot reach: opened by who creates the container, which may.</summary>
static class BindSource
{
    /// <summary>A detached copy. It receives what is mounted below its source later, and gives nothing back: what the container mounts on it
    /// must not appear on the host.</summary>
    public static Result Open(BindMount bind)
    {
        var recursive = bind.Flags.Recursive ? Native.AT_RECURSIVE : 0u;
        var tree = Sys.OpenTree(Native.AT_FDCWD, bind.Source, Native.OPEN_TREE_CLONE | recursive);
        if (!tree.Ok)
        {
            return tree;
        }
        var error = Sys.MountSetAttr(tree.Value, ""u8, Native.AT_EMPTY_PATH | Native.AT_RECURSIVE, 0, 0, Native.MS_SLAVE);
        if (error != Errno.OK)
        {
            Sys.Close(tree.Value);
            return Result.Failed(error);
        }
        return tree;
    }
}
