using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Cgroups;

/// <summary>A new cpuset group of v1 has no processor and no memory node, and takes no process (ENOSPC) until it has both.</summary>
static class Cpuset
{
    /// <summary>The group is holder/hierarchy + path ("/sys/fs/cgroup", "cpuset", "/docker/x"); holder is open.</summary>
    public static void Fill(int holder, string holderPath, string hierarchy, string path, bool isNew)
    {
        Fill("cpuset.cpus", path, isNew);
        Fill("cpuset.mems", path, isNew);

        // Upwards to the first group that has a value, the root at the latest; then down again, since a group must fit into its parent's.
        string Fill(string file, string path, bool isNew)
        {
            CString name = $"{hierarchy}{path}/{file}";
            var value = "";
            if (!isNew)
            {
                CgroupFile.Read(holder, name, out value).OrThrow($"cgroup: read {holderPath}/{name}");
            }
            if (value.Length > 0 || path.Length == 0)
            {
                return value;
            }
            value = Fill(file, path[..path.LastIndexOf('/')], isNew: false);
            CgroupFile.Write(holder, name, new CString(value).Text).OrThrow($"cgroup: write \"{value}\" to {holderPath}/{name} (copied from the parent)");
            return value;
        }
    }
}
