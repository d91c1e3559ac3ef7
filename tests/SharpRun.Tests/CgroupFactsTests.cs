using System.IO;
using System.Linq;
using SharpRun.Cgroups;
using SharpRun.Planning;
using Xunit;

namespace SharpRun.Tests;

/// <summary>Which cgroups a machine has, told from folders and files that look like a machine's.</summary>
public sealed class CgroupFactsTests
{
    [Fact]
    public void V2_is_one_hierarchy_at_the_root()
    {
        using var root = new TemporaryRoot();
        Group(root, "", "cgroup.controllers");
        Group(root, "user.slice/shell", "cgroup.controllers");
        Assert.Equal("V2 []@/user.slice/shell", Read(root, "0::/user.slice/shell\n"));
    }

    [Fact]
    public void V2_ignores_the_lines_of_v1_hierarchies_that_systemd_or_a_program_has_mounted_elsewhere()
    {
        using var root = new TemporaryRoot();
        Group(root, "", "cgroup.controllers");
        Group(root, "memory");
        Assert.Equal("V2 []@/", Read(root, "3:memory:/\n1:name=systemd:/\n0::/\n"));
    }

    [Theory]
    [InlineData(CgroupLayout.V2, "/session", true)]
    [InlineData(CgroupLayout.V2, "/a/session", true)]
    [InlineData(CgroupLayout.V2, "/missing/session", false)]
    [InlineData(CgroupLayout.V2, "/bare/session", false)]
    [InlineData(CgroupLayout.V2, "/../session", false)]
    [InlineData(CgroupLayout.V1, "/a", true)]
    [InlineData(CgroupLayout.V1, "/missing", false)]
    public void A_group_can_be_made_where_the_place_and_its_list_of_processes_are_writable(CgroupLayout layout, string own, bool may)
    {
        using var root = new TemporaryRoot();
        Group(root, "");
        Group(root, "a");
        Directory.CreateDirectory(Path.Combine(root.Path, "bare"));
        Assert.Equal(may, CgroupFacts.MayMake(layout, [new CgroupHierarchy("", root.Path, own)]));
    }

    [Fact]
    public void V1_has_joint_and_named_hierarchies()
    {
        using var root = new TemporaryRoot();
        Group(root, "cpu,cpuacct");
        Group(root, "systemd/user.slice/a:b");
        Group(root, "memory/shell");
        Assert.Equal("V1 cpu,cpuacct[cpu,cpuacct]@/ memory[memory]@/shell systemd[name=systemd]@/user.slice/a:b",
            Read(root, "5:cpu,cpuacct:/\n4:memory:/shell\n1:name=systemd:/user.slice/a:b\n"));
    }

    [Fact]
    public void A_joint_hierarchy_may_be_mounted_by_its_first_name()
    {
        using var root = new TemporaryRoot();
        Group(root, "cpu");
        Assert.Equal("V1 cpu[cpu,cpuacct]@/", Read(root, "5:cpu,cpuacct:/\n"));
    }

    [Fact]
    public void Hybrid_has_cgroup2_in_unified_as_well()
    {
        using var root = new TemporaryRoot();
        Group(root, "memory");
        Group(root, "unified");
        Assert.Equal("Hybrid memory[memory]@/ unified[]@/", Read(root, "4:memory:/\n0::/\n"));
    }

    [Fact]
    public void A_hierarchy_that_is_not_mounted_is_left_out()
    {
        using var root = new TemporaryRoot();
        Group(root, "memory");
        // What an unmounted hierarchy leaves behind.
        Directory.CreateDirectory(root["unified"]);
        Directory.CreateDirectory(root["pids"]);
        Assert.Equal("V1 memory[memory]@/", Read(root, "6:pids:/\n5:hugetlb:/\n4:memory:/\n0::/\n"));
    }

    [Fact]
    public void A_group_of_the_caller_that_the_mount_does_not_show_is_the_mounts_root()
    {
        using var root = new TemporaryRoot();
        Group(root, "memory");
        Assert.Equal("V1 memory[memory]@/", Read(root, "4:memory:/docker/0123\n"));
        // Outside of the caller's cgroup namespace: the planner has to know.
        Assert.Equal("V1 memory[memory]@/../x", Read(root, "4:memory:/../x\n"));
    }

    [Fact]
    public void A_machine_may_have_none()
    {
        using var root = new TemporaryRoot();
        Assert.Equal("None", Read(root, "4:memory:/\n0::/\n"));
        Assert.Equal("None", Read(root, ""));
    }

    static void Group(TemporaryRoot root, string path, params string[] files)
    {
        // Every group of a path has the file, as in the kernel's.
        for (var directory = Path.Combine(root.Path, path); directory.Length >= root.Path.Length; directory = Path.GetDirectoryName(directory)!)
        {
            Directory.CreateDirectory(directory);
            if (directory != root.Path || path.Length == 0)
            {
                foreach (var file in files.Append("cgroup.procs"))
                {
                    File.WriteAllText(Path.Combine(directory, file), "");
                }
            }
        }
    }

    static string Read(TemporaryRoot root, string lines)
    {
        var (layout, hierarchies) = CgroupFacts.Read(root.Path, lines);
        var texts = hierarchies.Select(hierarchy => $"{hierarchy.MountPoint[root.Path.Length..].TrimStart('/')}[{hierarchy.Controllers}]@{hierarchy.OwnPath}");
        return string.Join(' ', texts.Prepend(layout.ToString()));
    }
}
