using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Xunit;

namespace SharpRun.Planning.Tests;

public sealed class ReaderTests
{
    private const string Full = """
        {
          "ociVersion": "1.3.0",
          "process": {
            "terminal": true, "consoleSize": { "height": 25, "width": 80, "depth": 1 },
            "user": { "uid": 1000, "gid": 1001, "umask": 18, "additionalGids": [4, 4294967294], "username": "x" },
            "args": ["sh", "-c", "", "a\u00e4\ud83d\ude00"], "env": ["A=1", "B="], "cwd": "/work",
            "capabilities": { "bounding": ["CAP_CHOWN", "CAP_CHECKPOINT_RESTORE"], "effective": ["CAP_KILL"], "permitted": ["CAP_KILL"],
                              "inheritable": ["CAP_SYS_ADMIN"], "ambient": [] },
            "rlimits": [{ "type": "RLIMIT_NOFILE", "soft": 10, "hard": 18446744073709551615 }, { "type": "RLIMIT_CPU", "hard": 2, "soft": 1 }],
            "noNewPrivileges": true, "oomScoreAdj": -999
          },
          "root": { "path": "rootfs", "readonly": true },
          "hostname": "box", "domainname": "example",
          "mounts": [
            { "destination": "/proc", "type": "proc", "source": "proc" },
            { "destination": "data", "source": "/srv", "options": ["rbind", "ro"], "type": null }
          ],
          "annotations": { "org.example.a": "1", "b": "" },
          "linux": {
            "namespaces": [{ "type": "pid" }, { "type": "network", "path": "" }, { "type": "mount", "path": null }, { "type": "ipc" },
                           { "type": "uts" }, { "type": "cgroup" }],
            "uidMappings": [{ "containerID": 0, "hostID": 100000, "size": 65536 }], "gidMappings": [],
            "devices": [{ "type": "c", "path": "/dev/fuse", "major": 10, "minor": 229, "fileMode": 8630, "uid": 0, "gid": 5 },
                        { "type": "u", "path": "/dev/u", "major": 4095, "minor": 1048575 }, { "type": "p", "path": "/dev/pipe" }],
            "cgroupsPath": "/a/b", "rootfsPropagation": "rslave", "sysctl": { "net.ipv4.ip_forward": "1", "kernel.sem": "" }, "maskedPaths": ["/proc/kcore"], "readonlyPaths": ["/proc/sys"],
            "resources": {
              "devices": [{ "allow": false, "access": "rwm" }, { "allow": true, "type": "c", "major": 1, "minor": -1, "access": "rw" },
                          { "allow": true, "type": "a" }],
              "memory": { "limit": 1048576, "reservation": 4096, "swap": -1, "swappiness": 0, "disableOOMKiller": true, "useHierarchy": true,
                          "checkBeforeUpdate": false },
              "cpu": { "shares": 1024, "quota": -1, "period": 100000, "cpus": "0-1", "mems": "0", "burst": 5, "idle": 1,
                       "realtimeRuntime": 95000, "realtimePeriod": 1000000 },
              "pids": { "limit": 0 },
              "blockIO": { "weight": 10, "leafWeight": 1000, "weightDevice": [{ "major": 8, "minor": 0, "weight": 500, "leafWeight": 300 }],
                           "throttleReadBpsDevice": [{ "major": 8, "minor": 1, "rate": 600 }],
                           "throttleWriteBpsDevice": [{ "major": 8, "minor": 2, "rate": 601 }],
                           "throttleReadIOPSDevice": [{ "major": 8, "minor": 3, "rate": 602 }],
                           "throttleWriteIOPSDevice": [{ "major": 8, "minor": 4, "rate": 18446744073709551615 }] },
              "hugepageLimits": [{ "pageSize": "2MB", "limit": 209715200 }, { "pageSize": "1GB", "limit": 0 }],
              "network": { "classID": 1048577, "priorities": [{ "name": "eth0", "priority": 500 }] },
              "rdma": { "mlx5_1": { "hcaHandles": 3, "hcaObjects": 10000 }, "rxe": { "hcaObjects": 0 } },
              "unified": { "memory.high": "1", "io.max": "8:0 rbps=1\n8:1 rbps=2" }
            }
          },
          "windows": { "layerFolders": [] }, "vm": { "anything": [1, { "else": null }] }, "x-unknown": [[[]]]
        }
        """;

    [Fact]
    public void Every_property_lands_in_its_record()
    {
        var spec = Bundle.Read(Full);
        Assert.Equal("1.3.0", spec.OciVersion);
        Assert.Equal(new Root("rootfs", true), spec.Root);
        Assert.Equal(("box", "example"), (spec.Hostname, spec.Domainname));
        Assert.Equal(["org.example.a=1", "b="], spec.Annotations.Select(pair => $"{pair.Key}={pair.Value}"));
        Assert.Equal(2, spec.Mounts.Count);
        Assert.Equal(("/proc", "proc", "proc", 0), (spec.Mounts[0].Destination, spec.Mounts[0].Type, spec.Mounts[0].Source, spec.Mounts[0].Options.Count));
        Assert.Equal(("data", null, "/srv"), (spec.Mounts[1].Destination, spec.Mounts[1].Type, spec.Mounts[1].Source));
        Assert.Equal(["rbind", "ro"], spec.Mounts[1].Options);
    }

    [Fact]
    public void Process_is_read()
    {
        var process = Bundle.Read(Full).Process!;
        Assert.Equal((true, new ConsoleSize(25, 80)), (process.Terminal, process.ConsoleSize));
        Assert.Equal((1000u, 1001u, 18u), (process.User.Uid, process.User.Gid, process.User.Umask!.Value));
        Assert.Equal([4u, 4294967294u], process.User.AdditionalGids);
        Assert.Equal(["sh", "-c", "", "aä😀"], process.Args);
        Assert.Equal(["A=1", "B="], process.Env);
        Assert.Equal(("/work", true, -999), (process.Cwd, process.NoNewPrivileges, process.OomScoreAdj!.Value));
        Assert.Equal(new CapabilitySets(1UL | 1UL << 40, 1UL << 5, 1UL << 5, 1UL << 21, 0), process.Capabilities);
        Assert.Equal([new Rlimit("RLIMIT_NOFILE", 7, 10, ulong.MaxValue), new Rlimit("RLIMIT_CPU", 0, 1, 2)], process.Rlimits);
    }

    [Fact]
    public void Linux_is_read()
    {
        var linux = Bundle.Read(Full).Linux;
        Assert.Equal(
            [NamespaceType.Pid, NamespaceType.Network, NamespaceType.Mount, NamespaceType.Ipc, NamespaceType.Uts, NamespaceType.Cgroup],
            linux.Namespaces.Select(space => space.Type));
        Assert.All(linux.Namespaces, space => Assert.Null(space.Path));
        Assert.Equal([new IdMapping(0, 100000, 65536)], linux.UidMappings);
        Assert.Empty(linux.GidMappings);
        // 8630 is 020666: the type bits are cut off.
        Assert.Equal(
            [
                new Device('c', "/dev/fuse", 10, 229, 438, 0, 5),
                new Device('c', "/dev/u", 4095, 1048575, null, null, null),
                new Device('p', "/dev/pipe", 0, 0, null, null, null),
            ],
            linux.Devices);
        Assert.Equal(("/a/b", "rslave"), (linux.CgroupsPath, linux.RootfsPropagation));
        Assert.Equal(["net.ipv4.ip_forward=1", "kernel.sem="], linux.Sysctl.Select(pair => $"{pair.Key}={pair.Value}"));
        Assert.Equal(["/proc/kcore"], linux.MaskedPaths);
        Assert.Equal(["/proc/sys"], linux.ReadonlyPaths);
    }

    [Fact]
    public void Resources_are_read()
    {
        var resources = Bundle.Read(Full).Linux.Resources;
        Assert.Equal(
            [
                new DeviceRule(false, 'a', null, null, DeviceAccess.All),
                new DeviceRule(true, 'c', 1, null, DeviceAccess.Read | DeviceAccess.Write),
                new DeviceRule(true, 'a', null, null, DeviceAccess.All),
            ],
            resources.Devices);
        Assert.Equal(
            new Memory(1048576, 4096, -1) { Swappiness = 0, DisableOomKiller = true, UseHierarchy = true, CheckBeforeUpdate = false }, resources.Memory);
        Assert.Equal(
            new Cpu(1024, -1, 100000, "0-1", "0") { Burst = 5, Idle = 1, RealtimeRuntime = 95000, RealtimePeriod = 1000000 }, resources.Cpu);
        Assert.Equal(0, resources.PidsLimit);
    }

    [Fact]
    public void The_rarer_resources_are_read()
    {
        var resources = Bundle.Read(Full).Linux.Resources;
        var blockIO = resources.BlockIO!;
        Assert.Equal((10u, 1000u), (blockIO.Weight, blockIO.LeafWeight));
        Assert.Equal([new DeviceWeight(8, 0, 500, 300)], blockIO.WeightDevice);
        Assert.Equal([new DeviceRate(8, 1, 600)], blockIO.ReadBytes);
        Assert.Equal([new DeviceRate(8, 2, 601)], blockIO.WriteBytes);
        Assert.Equal([new DeviceRate(8, 3, 602)], blockIO.ReadOperations);
        Assert.Equal([new DeviceRate(8, 4, ulong.MaxValue)], blockIO.WriteOperations);
        Assert.Equal([new HugepageLimit("2MB", 209715200), new HugepageLimit("1GB", 0)], resources.HugepageLimits);
        Assert.Equal(1048577u, resources.Network!.ClassId);
        Assert.Equal([new InterfacePriority("eth0", 500)], resources.Network.Priorities);
        Assert.Equal([new RdmaLimit("mlx5_1", 3, 10000), new RdmaLimit("rxe", null, 0)], resources.Rdma);
        Assert.Equal(["memory.high=1", "io.max=8:0 rbps=1\n8:1 rbps=2"], resources.Unified.Select(pair => $"{pair.Key}={pair.Value}"));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("18446744073709551615")]
    [InlineData("null")]
    public void A_swappiness_of_minus_one_is_none(string value) =>
        Assert.Null(Bundle.ReadWith("linux.resources.memory.swappiness", value).Linux.Resources.Memory!.Swappiness);

    [Fact]
    public void Hooks_are_read()
    {
        var hooks = Bundle.ReadWith("hooks", """
            {"prestart":[{"path":"/p","args":["zero","one"],"env":["A=b"],"timeout":7,"unknown":{}},{"path":"/q","args":[],"env":[]}],
             "createRuntime":[{"path":"/r","args":null,"env":null,"timeout":null}],"createContainer":[{"path":"/c"}],
             "startContainer":[{"path":"/s"}],"poststart":[{"path":"/t"}],"poststop":[{"path":"/u"}],"unknown":1}
            """).Hooks;
        Assert.Equivalent(new Hook("/p", ["zero", "one"], ["A=b"], 7), hooks.Prestart[0], strict: true);
        // An empty environment is one; no word of argv at all is its path.
        Assert.Equivalent(new Hook("/q", null, [], null), hooks.Prestart[1], strict: true);
        Assert.Equal(new Hook("/r", null, null, null), hooks.CreateRuntime[0]);
        Assert.Equal(["/c", "/s", "/t", "/u"], [.. hooks.CreateContainer.Concat(hooks.StartContainer).Concat(hooks.Poststart).Concat(hooks.Poststop).Select(hook => hook.Path)]);
        Assert.Equal(6, Hooks.Kinds.Length);
        Assert.All(Hooks.Kinds, kind => Assert.NotEmpty(hooks.Of(kind)));
    }

    [Fact]
    public void What_is_absent_is_null_or_empty()
    {
        var spec = Bundle.Read("""{"ociVersion":"1.0.0","root":{"path":"r"}}""");
        Assert.Null(spec.Process);
        Assert.Null(spec.Hostname);
        Assert.Empty(spec.Mounts);
        Assert.Empty(spec.Annotations);
        Assert.Empty(spec.Linux.Namespaces);
        Assert.Null(spec.Linux.Resources.Memory);
        Assert.Null(Bundle.ReadWith("process.user", "{}").Process!.User.Umask);
        Assert.Null(Bundle.Read(Bundle.Minimal).Process!.Capabilities);
    }

    public static TheoryData<string> Nullable =>
    [
        "process", "process.user", "process.user.uid", "process.user.umask", "process.user.additionalGids", "process.args", "process.env", "process.cwd",
        "process.capabilities", "process.rlimits", "process.noNewPrivileges", "process.oomScoreAdj", "process.terminal", "process.consoleSize", "root.readonly",
        "hostname", "domainname", "mounts", "mounts[0].type", "mounts[0].source", "mounts[0].options", "annotations", "hooks", "hooks.prestart", "linux",
        "linux.namespaces", "linux.namespaces[0].path", "linux.uidMappings", "linux.gidMappings", "linux.devices", "linux.cgroupsPath",
        "linux.rootfsPropagation", "linux.sysctl", "linux.maskedPaths", "linux.readonlyPaths", "linux.resources", "linux.resources.devices",
        "linux.resources.memory", "linux.resources.memory.limit", "linux.resources.cpu", "linux.resources.cpu.shares",
        "linux.resources.cpu.cpus", "linux.resources.pids", "linux.resources.pids.limit", "linux.resources.blockIO", "linux.resources.network",
    ];

    [Theory]
    [MemberData(nameof(Nullable))]
    public void Null_means_absent(string path)
    {
        var withNull = Bundle.ReadWith(path, "null");
        var without = Bundle.Read(Bundle.With(path, null));
        Assert.Equivalent(without, withNull, strict: true);
    }

    [Fact]
    public void An_unknown_capability_is_one_warning()
    {
        var warnings = new List<string>();
        var json = Bundle.With("process.capabilities", """{"bounding":["CAP_FOO","CAP_KILL"],"permitted":["CAP_FOO","cap_kill"]}""");
        var spec = Bundle.Read(json, warnings.Add);
        Assert.Equal(["unknown capability \"CAP_FOO\" ignored", "unknown capability \"cap_kill\" ignored"], warnings);
        Assert.Equal(new CapabilitySets(1UL << 5, 0, 0, 0, 0), spec.Process!.Capabilities);
        Assert.Equal(0UL, Bundle.Read(json).Process!.Capabilities!.Permitted);
    }

    [Fact]
    public void The_tables_have_the_kernel_s_numbers()
    {
        Assert.Equal(41, Capabilities.Names.Length);
        Assert.Equal(16, Rlimits.Names.Length);
        Assert.Equal("CAP_SYS_ADMIN", Capabilities.Names[21]);
        Assert.Equal("CAP_AUDIT_WRITE", Capabilities.Names[29]);
        Assert.Equal("CAP_BPF", Capabilities.Names[39]);
        Assert.Equal("RLIMIT_MEMLOCK", Rlimits.Names[8]);
        Assert.Equal("RLIMIT_RTTIME", Rlimits.Names[15]);
    }

    [Theory]
    [InlineData("1.0.0")]
    [InlineData("1.0.2-dev")]
    [InlineData("1.3.0+build.5")]
    [InlineData("1.20.300-rc.1+x")]
    public void Every_version_one_is_read(string version) => Assert.Equal(version, Bundle.ReadWith("ociVersion", $"\"{version}\"").OciVersion);

    [Fact]
    public void An_escaped_property_name_is_the_same_property()
    {
        var spec = Bundle.Read("""{"ociVersion":"1.0.0","root":{"p\u0061th":"r"},"annotations":{"a\/b":"\"q\\"}}""");
        Assert.Equal("r", spec.Root.Path);
        Assert.Equal("\"q\\", spec.Annotations["a/b"]);
    }

    [Fact]
    public void Duplicates_among_unknown_properties_and_an_escaped_backslash_are_fine()
    {
        var spec = Bundle.Read("""{"x":1,"x":2,"ociVersion":"1.0.0","root":{"path":"\\u0000","y":{},"y":[]}}""");
        Assert.Equal("\\u0000", spec.Root.Path);
    }

    [Fact]
    public void A_document_of_50_MB_is_read()
    {
        var pad = new string('x', 50_000_000);
        var json = Bundle.Minimal.Replace("\"annotations\": {}", $"\"annotations\": {{\"pad\":\"{pad}\"}}", StringComparison.Ordinal);
        Assert.Equal(pad.Length, Bundle.Read(json).Annotations["pad"].Length);
    }

    [Fact]
    public void More_than_64_MiB_is_refused_before_it_is_looked_at()
    {
        var json = new byte[SpecReader.MaxLength + 1];
        var error = Assert.Throws<SpecError>(() => SpecReader.Read(json, null));
        Assert.Equal("config.json: the document is larger than 64 MiB (67108865 bytes)", error.Message);
    }

    [Fact]
    public void Unknown_properties_may_nest_to_the_limit_and_no_deeper()
    {
        static string Nested(int levels) => $$"""{"ociVersion":"1.0.0","root":{"path":"r"},"x":{{new string('[', levels)}}{{new string(']', levels)}}}""";
        Assert.Equal("r", Bundle.Read(Nested(63)).Root.Path);
        Assert.Equal("config.json: line 1, column 110: the document is nested deeper than 64 levels", Bundle.Fails(Nested(64)).Message);
    }
}
