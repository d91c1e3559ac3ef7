using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Cgroups;

/// <summary>A new cpuset group of v1 has no processor and no memory node, and takes no process (ENOSPC) until it has both.</summary>
static class Cpuset
{
    public static void Fill(int root, string mountPoint, string path, bool isNew)
    {
        Fill(root, mountPoint, path, "cpuset.cpus", isNew);
        Fill(root, mountPoint, path, "cpuset.mems", isNew);
    }

    // Upwards to the first group that has a value, the root at the latest; then down again, since a group must fit into its parent's.
    static string Fill(int root, string mountPoint, string path, string file, bool isNew)
    {
        CString name = path.Length == 0 ? file : $"{path[1..]}/{file}";
        var value = "";
        if (!isNew)
        {
            CgroupFile.Read(root, name, out value).OrThrow($"cgroup: read {mountPoint}/{name}");
        }
        if (value.Length > 0 || path.Length == 0)
        {
            return value;
        }
        value = Fill(root, mountPoint, path[..path.LastIndexOf('/')], file, isNew: false);
        CgroupFile.Write(root, name, new CString(value).Text).OrThrow($"cgroup: write \"{value}\" to {mountPoint}/{name} (copied from the parent)");
        return value;
    }
}
