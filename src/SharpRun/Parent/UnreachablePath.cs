using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Parent;

/// <summary>A path that the root of a user namespace cannot reach: looked up by who creates the container, which may.</summary>
static class UnreachablePath
{
    /// <summary>An O_PATH descriptor of the place as the child sees it, in its own mount namespace (/proc/PID/root leads there, proc_pid_root(5)):
    /// so the child can clone and cover it on every kernel, mounts that the container has made before are found, and none of the host is
    /// touched. Links count from the child's "/".</summary>
    public static Result Open(int pid, Step step)
    {
        var path = step is BindMount bind ? bind.Source : ((BindRootfs)step).Path;
        var root = Sys.Open(Native.AT_FDCWD, new CString($"/proc/{pid}/root"), Native.O_PATH | Native.O_DIRECTORY);
        if (!root.Ok)
        {
            return root;
        }
        var place = RootPath.Open(root.Value, path, Native.O_PATH | (step is BindRootfs ? Native.O_DIRECTORY : 0));
        Sys.Close(root.Value);
        return place;
    }
}
