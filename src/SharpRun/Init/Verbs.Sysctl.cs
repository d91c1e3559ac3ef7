using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.InitStage;

static partial class Verbs
{
    // Below the container's own /proc, which must be one, and never across a mount or a link: a file of the image is no kernel parameter.
    private static Errno SetSysctl(InitContext context, SetSysctl sysctl)
    {
        var proc = RootPath.Open(context.Root, "/proc"u8, Native.O_PATH | Native.O_DIRECTORY);
        if (!proc.Ok)
        {
            return context.Failed("/proc"u8, proc.Error);
        }
        var error = Sys.StatFs(proc.Value, out var magic);
        if (error == Errno.OK && Check.SysctlIsInProc.Fails(magic != Native.PROC_SUPER_MAGIC))
        {
            return context.Refuse("no proc file system is mounted at /proc"u8);
        }
        const ulong resolve = Native.RESOLVE_BENEATH | Native.RESOLVE_NO_XDEV | Native.RESOLVE_NO_SYMLINKS;
        var file = error == Errno.OK ? Sys.OpenAt2(proc.Value, sysctl.Path, Native.O_WRONLY, 0, resolve) : Result.Failed(error);
        error = file.Ok ? Sys.WriteAll(file.Value, sysctl.Value.Text) : file.Error;
        Sys.Close(file.Value);
        Sys.Close(proc.Value);
        return error;
    }
}
