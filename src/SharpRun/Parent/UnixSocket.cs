using System;
using System.Text;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Parent;

/// <summary>Sockets of AF_UNIX by paths of any length: an address has room for 107 bytes, so a longer path goes by its directory's descriptor.</summary>
static class UnixSocket
{
    /// <summary>A connected stream or datagram socket.</summary>
    public static int Connect(string path, int type, string what)
    {
        var socket = Sys.Socket(Native.AF_UNIX, type, 0).OrThrow($"make a socket for {what} {path}");
        var error = Sys.ConnectUnix(socket, new CString(path));
        if (error == Errno.ENAMETOOLONG)
        {
            error = ConnectBelow(socket, path);
        }
        if (error != Errno.OK)
        {
            Sys.Close(socket);
        }
        error.OrThrow($"connect to {what} {path}");
        return socket;
    }

    private static Errno ConnectBelow(int socket, string path)
    {
        var slash = path.LastIndexOf('/');
        var directory = Sys.Open(Native.AT_FDCWD, new CString(slash <= 0 ? "/" : path[..slash]), Native.O_PATH | Native.O_DIRECTORY);
        if (!directory.Ok)
        {
            return directory.Error;
        }
        var error = Sys.ConnectUnix(socket, Below(directory.Value, path[(slash + 1)..]));
        Sys.Close(directory.Value);
        return error;
    }

    /// <summary>The address of a name in an open directory.</summary>
    public static ReadOnlySpan<byte> Below(int directory, string name) => Encoding.UTF8.GetBytes($"/proc/self/fd/{directory}/{name}");
}
