using System;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Parent;

/// <summary>The maps of a new user namespace, written from outside of it into the files of its first process (R29).</summary>
static class IdMapFiles
{
    public static void Write(IdMaps maps, int pid)
    {
        if (maps.DenySetgroups)
        {
            Write(pid, "setgroups", "deny");
        }
        // The gids first, as the kernel's own example does; neither needs the other.
        if (maps.GidsByTool)
        {
            MappingTool.Run("newgidmap", pid, maps.Gids);
        }
        else
        {
            Write(pid, "gid_map", IdMaps.Text(maps.Gids));
        }
        if (maps.UidsByTool)
        {
            MappingTool.Run("newuidmap", pid, maps.Uids);
        }
        else
        {
            Write(pid, "uid_map", IdMaps.Text(maps.Uids));
        }
    }

    // One write(2): the kernel takes a map once and whole.
    private static void Write(int pid, string name, CString text)
    {
        var path = $"/proc/{pid}/{name}";
        var file = Sys.Open(Native.AT_FDCWD, new CString(path), Native.O_WRONLY).OrThrow($"open {path}");
        var written = Sys.Write(file, text.Text);
        Sys.Close(file);
        written.Error.OrThrow($"write \"{text.ToString().TrimEnd('\n').Replace("\n", ", ", StringComparison.Ordinal)}\" to {path}");
    }
}
