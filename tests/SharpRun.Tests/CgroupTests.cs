using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using SharpRun.Cgroups;
using SharpRun.Linux;
using SharpRun.Parent;
using SharpRun.Planning;
using Xunit;

namespace SharpRun.Tests;

/// <summary>Making, filling, killing and removing real groups, in whatever layout the machine has; each test in a group of its own.</summary>
public sealed class CgroupTests : IDisposable
{
    static int s_count;

    readonly string _path = $"/sharprun-test/unit-{System.Environment.ProcessId}-{++s_count}";
    readonly List<string> _warnings = [];
    readonly List<System.Diagnostics.Process> _processes = [];
    readonly CgroupPlan _plan;

    public CgroupTests()
    {
        var (layout, hierarchies) = CgroupFacts.Read();
        Assert.SkipWhen(layout == CgroupLayout.None, "no cgroups are mounted");
        Assert.SkipUnless(Sys.GetEuid() == 0, "only root may make cgroups here");
        Assert.SkipUnless(Sys.FaccessAt(Native.AT_FDCWD, new CString(hierarchies[0].MountPoint), 2 /* W_OK */, 0) == Errno.OK, "cgroups are mounted read-only");
        _plan = new CgroupPlan
        {
            Layout = layout,
            Directories = [.. hierarchies.Select(hierarchy => new CgroupDirectory(hierarchy.Controllers, hierarchy.MountPoint, _path))],
            Writes = [],
        };
    }

    public void Dispose()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            process.WaitForExit();
        }
        if (_plan is not null)
        {
            RecordedCgroups.Remove(Paths);
        }
    }

    string[] Paths => [.. _plan.Directories.Select(directory => directory.FullPath)];

    [Fact]
    public void A_group_is_made_in_every_hierarchy_and_removed_again()
    {
        Create(_plan);
        Assert.All(Paths, path => Assert.True(Directory.Exists(path)));
        Assert.Empty(RecordedCgroups.Processes(Paths));
        RecordedCgroups.Remove(Paths);
        Assert.All(Paths, path => Assert.False(Directory.Exists(path)));
        RecordedCgroups.Remove(Paths);
        RecordedCgroups.Kill(Paths);
    }

    [Fact]
    public void A_new_group_takes_processes_at_any_depth()
    {
        var deep = At(_path + "/a/b");
        Create(deep);
        foreach (var directory in deep.Directories)
        {
            Sleeper(directory.FullPath);
        }
        // The one process of every hierarchy, each found once.
        Assert.Equal(_processes.Select(process => process.Id).Order(), RecordedCgroups.Processes(Paths));
    }

    [Fact]
    public void What_create_has_made_is_undone_and_nothing_else()
    {
        Create(_plan);
        using (var undo = new Undo(_warnings.Add))
        {
            CgroupTree.Create(At(_path + "/a/b"), undo);
            Assert.True(Directory.Exists(Paths[0] + "/a/b"));
        }
        Assert.Empty(_warnings);
        Assert.All(Paths, path => Assert.True(Directory.Exists(path) && !Directory.Exists(path + "/a")));
    }

    [Fact]
    public void A_value_that_the_kernel_refuses_names_value_file_and_property_and_leaves_nothing()
    {
        var index = _plan.Directories.ToList().FindIndex(HasPids);
        Assert.SkipWhen(index < 0, "no pids controller");
        var plan = _plan with { Writes = [new CgroupWrite(index, "pids.max", "lots", "linux.resources.pids.limit")] };
        var error = Assert.Throws<ErrnoException>(() =>
        {
            using var undo = new Undo(_warnings.Add);
            CgroupTree.Create(plan, undo);
        });
        Assert.Equal($"cgroup: write \"lots\" to {Paths[index]}/pids.max (linux.resources.pids.limit): invalid argument (EINVAL)", error.Message);
        Assert.All(Paths, path => Assert.False(Directory.Exists(path)));
        Assert.Empty(_warnings);
    }

    [Fact]
    public void A_group_with_processes_is_refused_and_left_alone()
    {
        Create(_plan);
        Sleeper(Paths[^1]);
        var error = Assert.Throws<StateError>(() => Create(_plan));
        Assert.Contains("container's cgroup is not empty: 1 process(es) found", error.Message, StringComparison.Ordinal);
        Assert.False(_processes[0].HasExited);
    }

    [Fact]
    public void A_frozen_group_is_refused()
    {
        Create(_plan);
        Assert.False(RecordedCgroups.IsFrozen(Paths));
        Freezer.Freeze(Paths);
        Assert.True(RecordedCgroups.IsFrozen(Paths));
        var error = Assert.Throws<StateError>(() => Create(_plan));
        Assert.Contains("container's cgroup unexpectedly frozen", error.Message, StringComparison.Ordinal);
        Freezer.Thaw(Paths);
        Create(_plan);
    }

    [Fact]
    public void Kill_reaches_paused_nested_and_half_joined_processes()
    {
        Create(_plan);
        foreach (var path in Paths)
        {
            Sleeper(path);
        }
        var nested = _plan.Directories.FirstOrDefault(directory => directory.Controllers is "" or "freezer")?.FullPath + "/below/deeper";
        Directory.CreateDirectory(nested);
        Sleeper(nested);
        Freezer.Freeze(Paths);
        RecordedCgroups.Kill(Paths);
        foreach (var process in _processes)
        {
            Assert.True(process.WaitForExit(1000));
            Assert.Equal(128 + Native.SIGKILL, process.ExitCode);
        }
        _processes.Clear();
        RecordedCgroups.Remove(Paths);
        Assert.All(Paths, path => Assert.False(Directory.Exists(path)));
    }

    [Fact]
    public void Groups_nested_deeper_than_descriptors_last_are_removed()
    {
        Create(_plan);
        // Deeper than any path that could be named; each is made from inside the one before.
        var current = Sys.Open(Native.AT_FDCWD, new CString(Paths[^1]), Native.O_PATH).Value;
        for (var depth = 0; depth < 1_100; depth++)
        {
            Assert.Equal(Errno.OK, Sys.MkdirAt(current, "nested\0"u8, 0x1ED));
            var next = Sys.Open(current, "nested\0"u8, Native.O_PATH).Value;
            Sys.Close(current);
            current = next;
        }
        Sys.Close(current);
        RecordedCgroups.Remove(Paths);
        Assert.False(Directory.Exists(Paths[^1]));
    }

    [Fact]
    public void Groups_below_that_are_many_are_removed()
    {
        Create(_plan);
        for (var i = 0; i < 30; i++)
        {
            Directory.CreateDirectory($"{Paths[0]}/{i}/a/b");
            Directory.CreateDirectory($"{Paths[0]}/{i}/c");
        }
        RecordedCgroups.Remove(Paths);
        Assert.False(Directory.Exists(Paths[0]));
    }

    bool HasPids(CgroupDirectory directory) => _plan.Layout == CgroupLayout.V2
        ? File.ReadAllText(directory.MountPoint + "/cgroup.controllers").Contains("pids", StringComparison.Ordinal)
        : directory.Controllers == "pids";

    CgroupPlan At(string path) => _plan with { Directories = [.. _plan.Directories.Select(directory => directory with { Path = path })] };

    void Create(CgroupPlan plan)
    {
        using var undo = new Undo(_warnings.Add);
        var tree = CgroupTree.Create(plan, undo);
        Assert.Equal(plan.Layout != CgroupLayout.V1, tree.DirectoryFd >= 0);
        if (tree.DirectoryFd >= 0)
        {
            Sys.Close(tree.DirectoryFd);
        }
        undo.Forget();
    }

    void Sleeper(string path)
    {
        _processes.Add(System.Diagnostics.Process.Start("sleep", "1000"));
        File.WriteAllText(path + "/cgroup.procs", $"{_processes[^1].Id}");
    }
}
