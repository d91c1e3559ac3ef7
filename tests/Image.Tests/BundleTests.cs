using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using SharpRun.CommandLine;
using SharpRun.Image.Bundle;
using SharpRun.Image.Cli;
using SharpRun.Json;
using SharpRun.Oci;
using SharpRun.Planning;
using Xunit;
using HostFacts = SharpRun.Image.Bundle.HostFacts;

namespace SharpRun.Image.Tests;

public sealed class BundleTests : IDisposable
{
    private const string Config = """
        {"created":"2020-01-02T03:04:05Z","author":"me","architecture":"amd64","os":"linux","os.version":"5","os.features":["f","g"],
        "config":{"User":"www","ExposedPorts":{"80/tcp":{},"53/udp":{}},"Env":["A=image","B=image"],"Entrypoint":["/entry","--flag"],"Cmd":["cmd",""],
        "Volumes":{"/data/deep":{},"/var":{}},"WorkingDir":"/work","Labels":{"l":"m","org.opencontainers.image.author":"label"},"StopSignal":"SIGQUIT"},
        "rootfs":{"type":"layers","diff_ids":[]}}
        """;

    private static readonly HostFacts s_host = new("amd64", new Version(6, 1), 40, 0, 0);

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _warnings = [];

    public BundleTests()
    {
        Directory.CreateDirectory(Root + "/etc");
        File.WriteAllText(Root + "/etc/passwd", "# names\nroot:x:0:0::/root:/bin/sh\nwww:x:33:34:web:/var/www:/bin/false\nbroken\n");
        File.WriteAllText(Root + "/etc/group", "root:x:0:\nweb:x:34:\nextra:x:77:bob,www\nmore:x:78:www\nnone:x:79:wwwx\n");
    }

    private string Bundle => _folder["box"];

    private string Root => Bundle + "/rootfs";

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_bundle_is_the_image_within_dockers_defaults()
    {
        BundleSnapshot.Verify(Write(), "Bundle_default");
        Assert.Equal(["config.json", "hostname", "hosts", "resolv.conf", "rootfs", "volumes"],
            Directory.GetFileSystemEntries(Bundle).Select(Path.GetFileName).Order());
        Assert.Equal("box\n", File.ReadAllText(Bundle + "/hostname"));
        Assert.Empty(_warnings);
    }

    [Theory]
    [InlineData("rootfs", "--rootfs", "ROOT")]
    [InlineData("netns", "--netns", "/run/netns/x")]
    [InlineData("terminal", "-i", "-t")]
    [InlineData("user", "-u", "7:web")]
    [InlineData("workdir", "-w", "/elsewhere")]
    [InlineData("env", "-e", "B=mine", "-e", "C=new=1", "-e", "A", "-e", "PATH=/p", "-e", "HOME=/h")]
    [InlineData("volume", "-v", "/src:/data:ro,rslave", "-v", "/f:/etc/hosts", "-v", "/anonymous", "-v", "/over:/var")]
    [InlineData("memory", "-m", "64m")]
    [InlineData("cpus", "--cpus", "1.5")]
    [InlineData("pids", "--pids", "100")]
    [InlineData("pids-unlimited", "--pids", "-1")]
    [InlineData("read-only", "--read-only")]
    [InlineData("hostname", "--hostname", "web-1.example")]
    [InlineData("cap-add", "--cap-add", "sys_admin", "--cap-add", "CAP_SYS_NICE")]
    [InlineData("cap-add-all", "--cap-add", "ALL", "--cap-drop", "mknod")]
    [InlineData("cap-drop", "--cap-drop", "CHOWN", "--cap-drop", "cap_sys_chroot")]
    [InlineData("cap-drop-all", "--cap-drop", "all", "--cap-add", "kill", "-u", "0")]
    [InlineData("seccomp-none", "--seccomp", "unconfined")]
    [InlineData("cgroup", "--cgroup", "/x/y")]
    [InlineData("arguments", "--", "one", "", "-v")]
    public void A_flag_changes_what_it_is_for(string name, params string[] flags)
    {
        var plain = Write();
        var changed = Write([.. flags.Select(flag => flag == "ROOT" ? Root : flag)]);
        BundleSnapshot.Verify(BundleSnapshot.Differences(plain, changed).Replace(_folder.Path, "FOLDER", StringComparison.Ordinal), $"Bundle_{name}");
    }

    [Fact]
    public void The_hosts_of_the_network_are_shown_and_not_to_be_written_unless_the_user_has_others()
    {
        const string hosts = "/store/networks/n/hosts";
        BundleSnapshot.Verify(BundleSnapshot.Differences(Write(), Write(hosts: hosts)), "Bundle_hosts");
        Assert.DoesNotContain(hosts, Write(["-v", "/f:/etc/hosts"], hosts: hosts), StringComparison.Ordinal);
    }

    // The nodes are this machine's, so that they are not compared.
    [Fact]
    public void Privileged_is_everything_that_root_has()
    {
        var json = JsonDocument.Parse(Write(["--privileged", "--cap-drop", "ALL", "-u", "0"])).RootElement;
        var linux = json.GetProperty("linux");
        Assert.Equal(41, json.GetProperty("process").GetProperty("capabilities").GetProperty("effective").GetArrayLength());
        Assert.False(linux.TryGetProperty("seccomp", out _) || linux.TryGetProperty("maskedPaths", out _) || linux.TryGetProperty("readonlyPaths", out _));
        var rule = Assert.Single(linux.GetProperty("resources").GetProperty("devices").EnumerateArray());
        Assert.True(rule.GetProperty("allow").GetBoolean() && !rule.TryGetProperty("type", out _));
        Assert.Contains("rw", json.GetProperty("mounts")[3].GetProperty("options").EnumerateArray().Select(option => option.GetString()));
        Assert.NotEqual(0, linux.GetProperty("devices").GetArrayLength());
    }

    [Fact]
    public void Without_root_the_caller_is_root_in_a_namespace_of_users()
    {
        var plain = Write(["-u", "0"]);
        var changed = Write(["-u", "0"], host: s_host with { Uid = 1000, Gid = 1001 });
        BundleSnapshot.Verify(BundleSnapshot.Differences(plain, changed), "Bundle_rootless");
    }

    [Theory]
    [InlineData("amd64", "6.1", "SCMP_ARCH_X86_64,SCMP_ARCH_X86,SCMP_ARCH_X32", "arch_prctl modify_ldt ptrace", "cacheflush mount bpf")]
    [InlineData("arm64", "6.1", "SCMP_ARCH_AARCH64,SCMP_ARCH_ARM", "cacheflush ptrace", "arch_prctl mount")]
    [InlineData("amd64", "4.7", "SCMP_ARCH_X86_64,SCMP_ARCH_X86,SCMP_ARCH_X32", "arch_prctl", "ptrace process_vm_readv")]
    public void The_profile_is_that_of_the_machine(string architecture, string kernel, string architectures, string allowed, string absent)
    {
        var seccomp = Seccomp(Write([], host: s_host with { Architecture = architecture, Kernel = Version.Parse(kernel) }));
        Assert.Equal(architectures, string.Join(',', seccomp.GetProperty("architectures").EnumerateArray().Select(one => one.GetString())));
        Assert.Superset(allowed.Split(' ').ToHashSet(), Allowed(seccomp));
        Assert.Empty(Allowed(seccomp).Intersect(absent.Split(' ')));
    }

    [Fact]
    public void A_capability_brings_the_system_calls_that_it_is_for()
    {
        Assert.Empty(Allowed(Seccomp(Write())).Intersect(["mount", "unshare", "reboot", "clone3"]));
        var admin = Seccomp(Write(["--cap-add", "SYS_ADMIN"]));
        Assert.Superset(new HashSet<string> { "mount", "unshare", "setns", "clone3" }, Allowed(admin));
        // clone without a condition on its flags, and nothing that refuses clone3.
        Assert.DoesNotContain(admin.GetProperty("syscalls").EnumerateArray(), rule => rule.GetProperty("action").GetString() == "SCMP_ACT_ERRNO");
        Assert.DoesNotContain("chroot", Allowed(Seccomp(Write(["--cap-drop", "ALL"]))));
    }

    [Fact]
    public void A_profile_of_the_users_is_taken()
    {
        File.WriteAllText(_folder["p.json"], """
            {"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":5,"architectures":["SCMP_ARCH_X86_64"],"flags":["SECCOMP_FILTER_FLAG_LOG"],"syscalls":[
            {"name":"read","action":"SCMP_ACT_ALLOW"},{"names":["a"],"action":"SCMP_ACT_ALLOW","excludes":{"caps":["CAP_KILL"]}},
            {"names":["b"],"action":"SCMP_ACT_ALLOW","excludes":{"minKernel":"6.1"}},{"names":["c"],"action":"SCMP_ACT_ALLOW","excludes":{"minKernel":"6.2"}},
            {"names":["d"],"action":"SCMP_ACT_ALLOW","includes":{"caps":["CAP_KILL","CAP_SYS_ADMIN"]}}]}
            """);
        var seccomp = Seccomp(Write(["--seccomp", _folder["p.json"]]));
        Assert.Equal(("SCMP_ACT_ERRNO", 5), (seccomp.GetProperty("defaultAction").GetString(), seccomp.GetProperty("defaultErrnoRet").GetInt32()));
        Assert.Equal(["c", "read"], Allowed(seccomp).Order());
    }

    [Theory]
    [InlineData("""{"syscalls":[]}""", "defaultAction: the member is missing")]
    [InlineData("""{"defaultAction":"x","archMap":[],"architectures":[]}""", "both \"archMap\" and \"architectures\"")]
    [InlineData("""{"defaultAction":"x","syscalls":[{"action":"y"}]}""", "syscalls[0]: a rule needs the names")]
    [InlineData("""{"defaultAction":"x","syscalls":[{"names":["a"],"includes":{"maxKernel":"1.0"}}]}""", "\"maxKernel\" is no condition")]
    [InlineData("""{"defaultAction":"x","syscalls":[{"names":["a"],"includes":{"minKernel":"6"}}]}""", "no version of a kernel")]
    [InlineData("""{"defaultAction":"x","defaultAction":"y"}""", "given twice")]
    public void A_wrong_profile_is_refused_before_anything_is_written(string profile, string problem)
    {
        File.WriteAllText(_folder["p.json"], profile);
        Assert.Contains(problem, Assert.ThrowsAny<JsonError>(() => Write(["--seccomp", _folder["p.json"]])).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Bundle + "/config.json") || File.Exists(Bundle + "/hosts"));
    }

    [Theory]
    [InlineData("-v", "src:/x")]
    [InlineData("-v", ":/x")]
    [InlineData("-v", "/a:x")]
    [InlineData("-v", "/a:/")]
    [InlineData("-v", "/a:/x/../y")]
    [InlineData("-v", "/a:/b:/c:/d")]
    [InlineData("-v", "/a:/b:suid")]
    [InlineData("-m", "5m")]
    [InlineData("-m", "much")]
    [InlineData("--cpus", "0")]
    [InlineData("--cpus", "-1")]
    [InlineData("--cpus", "x")]
    [InlineData("--pids", "x")]
    [InlineData("--hostname", "a b")]
    [InlineData("--hostname", "-a")]
    [InlineData("--cap-add", "nothing")]
    [InlineData("-e", "=x")]
    [InlineData("-e", "")]
    [InlineData("-w", "x")]
    public void A_wrong_word_is_refused(string flag, string value) => Assert.Throws<UsageError>(() => Write([flag, value]));

    [Fact]
    public void Two_mounts_at_one_place_are_refused() =>
        Assert.Contains("two mounts at /x", Assert.Throws<UsageError>(() => Write(["-v", "/a:/x", "-v", "/b:/x/"])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_label_of_selinux_is_ignored_with_a_word()
    {
        Write(["-v", "/a:/x:Z"]);
        Assert.Contains("SELinux", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_that_would_change_the_runtime_is_left_out()
    {
        var json = Write([], Config.Replace("\"l\":\"m\"",
            "\"org.systemd.property.X\":\"1\",\"run.oci.hooks.stdout\":\"/x\",\"cdi.k8s.io/x\":\"y\",\"\":\"z\"", StringComparison.Ordinal));
        Assert.Equal(4, _warnings.Count);
        Assert.DoesNotContain("systemd.property", json, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/proc/self")]
    [InlineData("/sys/fs/cgroup")]
    [InlineData("/dev")]
    [InlineData("/a/../../b")]
    public void A_volume_of_the_image_where_the_runtime_works_is_left_out(string path)
    {
        var json = Write([], Config.Replace("/data/deep", path, StringComparison.Ordinal));
        Assert.Contains($"the image's volume \"{path}\" is left out", Assert.Single(_warnings), StringComparison.Ordinal);
        Assert.DoesNotContain(JsonDocument.Parse(json).RootElement.GetProperty("mounts").EnumerateArray(), mount =>
            mount.GetProperty("type").GetString() == "bind" && mount.GetProperty("destination").GetString() == path);
    }

    [Fact]
    public void An_image_with_nothing_to_run_says_so() => Assert.Equal("test has neither an entrypoint nor a command: say what to run behind --",
        Assert.ThrowsAny<JsonError>(() => Write([], """{"config":{},"rootfs":{"type":"layers"}}""")).Message);

    [Fact]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public void A_volume_begins_with_the_images_files_and_keeps_its_own()
    {
        Directory.CreateDirectory(Root + "/var/lib");
        File.WriteAllText(Root + "/var/lib/f", "image");
        File.CreateSymbolicLink(Root + "/var/out", "/etc/passwd");
        File.SetUnixFileMode(Root + "/var/lib", UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        Write();
        var volume = Bundle + "/volumes/var";
        Assert.Equal("image", File.ReadAllText(volume + "/lib/f"));
        Assert.Equal("/etc/passwd", new FileInfo(volume + "/out").LinkTarget);
        Assert.Equal(File.GetUnixFileMode(Root + "/var/lib"), File.GetUnixFileMode(volume + "/lib"));
        Assert.True(Directory.Exists(Bundle + "/volumes/data%2Fdeep"));
        File.WriteAllText(volume + "/lib/f", "container");
        Directory.CreateDirectory(Bundle + "/volumes/.left.new");
        Write();
        Assert.Equal("container", File.ReadAllText(volume + "/lib/f"));
    }

    [Fact]
    public void A_volume_that_was_half_copied_is_copied_again()
    {
        Directory.CreateDirectory(Bundle + "/volumes/.var.new/half");
        Directory.CreateDirectory(Root + "/var/whole");
        Write();
        Assert.Equal(["whole"], Directory.GetFileSystemEntries(Bundle + "/volumes/var").Select(Path.GetFileName));
        Assert.False(Directory.Exists(Bundle + "/volumes/.var.new"));
    }

    [Fact]
    public void A_volume_never_shows_a_directory_of_the_host()
    {
        var secret = _folder["secret"];
        Directory.CreateDirectory(secret);
        File.WriteAllText(secret + "/key", "host");
        File.CreateSymbolicLink(Root + "/var", secret);
        Directory.CreateDirectory(Root + "/data");
        File.CreateSymbolicLink(Root + "/data/deep", "../../../secret");
        Write();
        Assert.Empty(Directory.GetFileSystemEntries(Bundle + "/volumes/var"));
        Assert.Empty(Directory.GetFileSystemEntries(Bundle + "/volumes/data%2Fdeep"));
    }

    [Fact]
    public void A_tree_that_is_too_deep_is_no_volume()
    {
        Directory.CreateDirectory(Root + "/var/" + string.Join('/', Enumerable.Repeat("d", VolumeFiles.MaxDepth + 1)));
        Assert.Contains("nested deeper than 255 levels", Assert.ThrowsAny<JsonError>(() => Write()).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Bundle + "/config.json"));
        // Other tests open files meanwhile; of these two trees nothing stays open.
        var open = Directory.GetFiles("/proc/self/fd").Select(path => new FileInfo(path).LinkTarget ?? "");
        Assert.DoesNotContain(open, path => path.StartsWith(Root, StringComparison.Ordinal) || path.StartsWith(Bundle, StringComparison.Ordinal));
    }

    [Fact]
    public void Hosts_that_are_there_are_kept()
    {
        File.WriteAllText(Bundle + "/hosts", "10.0.0.1 peer\n");
        Write();
        Assert.Equal("10.0.0.1 peer\n", File.ReadAllText(Bundle + "/hosts"));
    }

    [Fact]
    public void Servers_of_names_on_the_loopback_are_not_given_to_a_container() => Assert.Equal("search x\nnameserver 10.0.0.1\noptions a",
        NameFiles.Reachable("search x\nnameserver 127.0.0.53\nnameserver 10.0.0.1\n nameserver ::1\noptions a"));

    private static JsonElement Seccomp(string config) => JsonDocument.Parse(config).RootElement.GetProperty("linux").GetProperty("seccomp");

    private static HashSet<string> Allowed(JsonElement seccomp) => [.. seccomp.GetProperty("syscalls").EnumerateArray()
        .Where(rule => rule.GetProperty("action").GetString() == "SCMP_ACT_ALLOW" && !rule.TryGetProperty("args", out _))
        .SelectMany(rule => rule.GetProperty("names").EnumerateArray().Select(name => name.GetString()!))];

    private string Write(string[]? flags = null, string config = Config, HostFacts? host = null, string? hosts = null)
    {
        var arguments = new Arguments(Options.Tool, [.. BundleCommand.Command.Flags, .. Options.Common], "bundle");
        arguments.Read(["image", Bundle, .. flags ?? []], 0, Arguments.NoFreeText);
        var request = BundleCommand.RequestOf(arguments, host ?? s_host, _warnings.Add) with { HostsFile = hosts };
        var image = ImageConfig.Parse(Encoding.UTF8.GetBytes(config), Digest.Of([]));
        var path = BundleDirectory.Write("test", image, request, Bundle, host ?? s_host, _warnings.Add);
        var json = File.ReadAllText(path);
        RequirePlan(json);
        return json;
    }

    // What sharprun does with it before it touches anything.
    private static void RequirePlan(string json)
    {
        var spec = SpecReader.Read(Encoding.UTF8.GetBytes(json), sentence => Assert.Fail(sentence));
        var machine = new Planning.HostFacts
        {
            Kernel = new KernelVersion(6, 1),
            LastCapability = 40,
            CgroupLayout = CgroupLayout.V2,
            Hierarchies = [new CgroupHierarchy("", "/sys/fs/cgroup", "/")],
        };
        Planner.Create(spec, machine, new CreateOptions { Id = "x", Bundle = "/bundle", StateRoot = "/run/sharprun" }, _ => [0]);
    }
}
