using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.State;

/// <summary>Listing and emptying directories of the state root, by descriptor.</summary>
static class DirectoryContents
{
    /// <summary>All names; opened anew, so that it starts at the beginning each time.</summary>
    public static List<string> Names(int directory)
    {
        var names = new List<string>();
        var opened = Sys.Open(directory, "."u8, Native.O_RDONLY | Native.O_DIRECTORY).OrThrow("list a directory of the state root");
        Span<byte> buffer = stackalloc byte[8192];
        while (Sys.GetDents(opened, buffer).OrThrow("list a directory of the state root") is > 0 and var length)
        {
            foreach (var name in new DirectoryRecords(buffer[..length]))
            {
                names.Add(Encoding.UTF8.GetString(name));
            }
        }
        Sys.Close(opened);
        return names;
    }

    /// <summary>Removes everything in it, and goes on after an error; returns the first one. No link is followed.</summary>
    public static Errno Clear(int directory)
    {
        var first = Errno.OK;
        foreach (var name in Names(directory))
        {
            var path = new CString(name);
            var error = Sys.UnlinkAt(directory, path, 0);
            if (error == Errno.EISDIR)
            {
                error = RemoveDirectory(directory, path);
            }
            if (first == Errno.OK && error != Errno.ENOENT)
            {
                first = error;
            }
        }
        return first;
    }

    private static Errno RemoveDirectory(int parent, CString name)
    {
        var opened = Sys.Open(parent, name, Native.O_RDONLY | Native.O_DIRECTORY | Native.O_NOFOLLOW);
        if (!opened.Ok)
        {
            return opened.Error;
        }
        var error = Clear(opened.Value);
        Sys.Close(opened.Value);
        return error == Errno.OK ? Sys.UnlinkAt(parent, name, Native.AT_REMOVEDIR) : error;
    }
}
