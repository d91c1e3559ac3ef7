using System.Globalization;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Parent;

/// <summary>Digits without a newline, whole from the first moment: readers poll for it and do not trim (spec/cli.md, "Files").</summary>
static class PidFile
{
    public static void Write(string path, int pid)
    {
        CString temporary = TemporaryName(path);
        var file = Sys.Open(Native.AT_FDCWD, temporary, Native.O_WRONLY | Native.O_CREAT | Native.O_EXCL | Native.O_NOFOLLOW, 0x1B6 /* 0666 & umask */)
            .OrThrow($"write pid file {path}");
        var error = Sys.WriteAll(file, new CString(pid.ToString(CultureInfo.InvariantCulture)).Text);
        Sys.Close(file);
        if (error == Errno.OK)
        {
            error = Sys.RenameAt(Native.AT_FDCWD, temporary, Native.AT_FDCWD, new CString(path));
        }
        if (error != Errno.OK)
        {
            Sys.UnlinkAt(Native.AT_FDCWD, temporary, 0);
        }
        error.OrThrow($"write pid file {path}");
    }

    public static void Remove(string path)
    {
        Sys.UnlinkAt(Native.AT_FDCWD, new CString(path), 0);
        Sys.UnlinkAt(Native.AT_FDCWD, new CString(TemporaryName(path)), 0);
    }

    /// <summary>".NAME" in the same directory, as runc does: left behind only by a kill -9 between two system calls.</summary>
    public static string TemporaryName(string path)
    {
        var slash = path.LastIndexOf('/');
        return path[..(slash + 1)] + "." + path[(slash + 1)..];
    }
}
