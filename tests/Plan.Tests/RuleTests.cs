using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace SharpRun.Planning.Tests;

/// <summary>Every rule by name, with bundles that only it refuses: without the rule they would be accepted or refused for another reason.</summary>
public sealed partial class RuleTests
{
    private const string NoMount = "[{\"type\":\"uts\"}]";
    private const string AllKinds = "[{\"type\":\"mount\"},{\"type\":\"uts\"},{\"type\":\"ipc\"},{\"type\":\"network\"}]";
    private const string NoUts = "[{\"type\":\"mount\"}]";
    private static readonly string s_long = $"\"{new string('h', 65)}\"";

    private sealed record Bad(string Rule, string Problem, params (string Path, string? Value)[] Edits);

    private static (string, string?) Profile(string properties) => ("linux.seccomp", $"{{\"defaultAction\":\"SCMP_ACT_ERRNO\",{properties}}}");

    private static readonly Bad[] s_bad =
    [
        new("RootHasPath", "root.path: the root file system needs a path", ("root.path", null)),
        new("RootHasPath", "root.path: the root file system needs a path", ("root.path", "\"\"")),
        new("ProcessIsGiven", "process: process property must not be empty", ("process", null)),
        new("ArgsAreGiven", "process.args: args must not be empty", ("process.args", null)),
        new("ArgsAreGiven", "process.args: args must not be empty", ("process.args", "[]")),
        new("CwdIsGiven", "process.cwd: Cwd property must not be empty", ("process.cwd", null)),
        new("CwdIsAbsolute", "process.cwd: Cwd must be an absolute path", ("process.cwd", "\"work\"")),
        new("EnvIsNamed", "process.env[1]: an environment variable is written NAME=VALUE", ("process.env", "[\"A=\", \"SECRET\"]")),
        new("EnvIsNamed", "process.env[0]: an environment variable is written NAME=VALUE", ("process.env", "[\"=x\"]")),
        new("RlimitsAreOrdered", "process.rlimits[0].soft: the soft limit of RLIMIT_CORE (2) is above the hard one (1)",
            ("process.rlimits", "[{\"type\":\"RLIMIT_CORE\",\"soft\":2,\"hard\":1}]")),
        new("OomScoreIsInRange", "process.oomScoreAdj: a whole number from -1000 to 1000 is expected, found 1001", ("process.oomScoreAdj", "1001")),
        new("OomScoreIsInRange", "process.oomScoreAdj: a whole number from -1000 to 1000 is expected, found -1001", ("process.oomScoreAdj", "-1001")),
        new("HookPathsAreAbsolute", "hooks.poststop[0].path: \"true\" is not an absolute path", ("hooks.poststop", "[{\"path\":\"true\"}]")),
        new("HookPathsAreAbsolute", "hooks.startContainer[1].path: \"./x\" is not an absolute path",
            ("hooks.startContainer", "[{\"path\":\"/a\"},{\"path\":\"./x\"}]")),
        new("HookTimeoutsArePositive", "hooks.prestart[0].timeout: a number of seconds greater than 0 is expected, found 0",
            ("hooks.prestart", "[{\"path\":\"/a\",\"timeout\":0}]")),
        new("HookTimeoutsArePositive", "hooks.createContainer[0].timeout: a number of seconds greater than 0 is expected, found -1",
            ("hooks.createContainer", "[{\"path\":\"/a\",\"timeout\":-1}]")),
        new("HookEnvIsNamed", "hooks.createRuntime[0].env[1]: an environment variable is written NAME=VALUE",
            ("hooks.createRuntime", "[{\"path\":\"/a\",\"env\":[\"A=\",\"SECRET\"]}]")),
        new("HookEnvIsNamed", "hooks.poststart[0].env[0]: an environment variable is written NAME=VALUE",
            ("hooks.poststart", "[{\"path\":\"/a\",\"env\":[\"=x\"]}]")),
        new("NamespacesAreDistinct", "linux.namespaces[2]: the mount namespace is given twice",
            ("linux.namespaces", "[{\"type\":\"mount\"},{\"type\":\"pid\"},{\"type\":\"mount\"}]")),
        new("HostnameHasNamespace", "hostname: unable to set hostname without a private UTS namespace", ("hostname", "\"h\""), ("linux.namespaces", NoUts)),
        new("HostnameFits", "hostname: the name has more than 64 bytes", ("hostname", s_long)),
        new("HostnameFits", "hostname: the name has more than 64 bytes", ("hostname", $"\"{new string('ä', 33)}\"")),
        new("DomainnameHasNamespace", "domainname: unable to set domainname without a private UTS namespace",
            ("domainname", "\"d\""), ("linux.namespaces", NoUts)),
        new("DomainnameFits", "domainname: the name has more than 64 bytes", ("domainname", s_long)),
        .. Namespaces(),
        .. Mappings(),
        .. Mounts(),
        new("PathsHaveMountNamespace", "linux.maskedPaths: unable to restrict sys entries without a private MNT namespace",
            ("linux.maskedPaths", "[\"/proc/kcore\"]"), ("linux.namespaces", NoMount)),
        new("PathsHaveMountNamespace", "linux.readonlyPaths: unable to restrict sys entries without a private MNT namespace",
            ("linux.readonlyPaths", "[\"/proc/sys\"]"), ("linux.namespaces", NoMount)),
        new("MountNamespaceIsNew",
            "linux.namespaces: a container without a mount namespace is not supported yet "
                + "(containers in the caller's mount namespace come with a later version)",
            ("linux.namespaces", NoMount)),
        new("MaskedPathsAreAbsolute", "linux.maskedPaths[1]: \"proc/kcore\" is not an absolute path", ("linux.maskedPaths", "[\"/a\",\"proc/kcore\"]")),
        new("ReadonlyPathsAreAbsolute", "linux.readonlyPaths[0]: \"\" is not an absolute path", ("linux.readonlyPaths", "[\"\"]")),
        new("MountsHaveDestination", "mounts[0].destination: a mount needs a destination", ("mounts[0].destination", null)),
        new("MountsAreBelowTheRoot", "mounts[0].destination: \"/x/..\" is the root itself, where root.path is mounted", ("mounts[0].destination", "\"/x/..\"")),
        new("ProcIsFresh", "mounts[0]: \"/proc\" cannot be mounted because only a new procfs may stand at /proc",
            ("mounts", "[{\"destination\":\"/proc\",\"type\":\"tmpfs\"}]")),
        new("ProcIsFresh", "mounts[0]: \"/x/../proc/\" cannot be mounted because only a new procfs may stand at /proc",
            ("mounts", "[{\"destination\":\"/x/../proc/\",\"type\":\"proc\",\"source\":\"/proc\",\"options\":[\"ro\",\"rbind\"]}]")),
        new("ProcStaysUncovered", "mounts[0].destination: \"/proc/sys\" cannot be mounted because it is inside /proc",
            ("mounts", "[{\"destination\":\"/proc/sys\",\"type\":\"proc\"}]")),
        new("ProcStaysUncovered", "mounts[0].destination: \"/proc/self/attr\" cannot be mounted because it is inside /proc",
            ("mounts", "[{\"destination\":\"proc/./self//attr\",\"type\":\"tmpfs\"}]")),
        new("DevicesAreAbsolute", "linux.devices[0].path: \"/dev/../etc/x\" is not an absolute path without \"..\"",
            ("linux.devices", DeviceAt("/dev/../etc/x"))),
        new("DevicesAreAbsolute", "linux.devices[0].path: \"dev/x\" is not an absolute path without \"..\"", ("linux.devices", DeviceAt("dev/x"))),
        new("DevicesAreAbsolute", "linux.devices[0].path: \"/\" is not an absolute path without \"..\"", ("linux.devices", DeviceAt("/"))),
        new("DevicesAreAbsolute", "linux.devices[0].path: \"\" is not an absolute path without \"..\"", ("linux.devices", DeviceAt(""))),
        new("CgroupsPathStaysBelow", "linux.cgroupsPath: \"/a/../b\" has \"..\" in it", ("linux.cgroupsPath", "\"/a/../b\"")),
        new("SysctlsAreNames", "linux.sysctl: sysctl \"net.ipv4/..\" is not the name of a kernel parameter",
            ("linux.sysctl", "{\"net.ipv4/..\":\"1\"}"), ("linux.namespaces", AllKinds)),
        new("SysctlsAreNames", "linux.sysctl: sysctl \"net//x\" is not the name of a kernel parameter",
            ("linux.sysctl", "{\"net//x\":\"1\"}"), ("linux.namespaces", AllKinds)),
        new("SysctlsAreNames", "linux.sysctl: sysctl \"net.x y\" is not the name of a kernel parameter",
            ("linux.sysctl", "{\"net.x y\":\"1\"}"), ("linux.namespaces", AllKinds)),
        new("SysctlsAreNamespaced", "linux.sysctl: sysctl \"vm.swappiness\" is not in a separate kernel namespace",
            ("linux.sysctl", "{\"vm.swappiness\":\"1\"}"), ("linux.namespaces", AllKinds)),
        new("SysctlsAreNamespaced", "linux.sysctl: sysctl \"kernel/core_pattern\" is not in a separate kernel namespace",
            ("linux.sysctl", "{\"kernel/core_pattern\":\"|/x\"}"), ("linux.namespaces", AllKinds)),
        new("SysctlsAreNamespaced", "linux.sysctl: sysctl \"fs.mqueue.msg_max\" is not allowed in the hosts ipc namespace",
            ("linux.sysctl", "{\"fs.mqueue.msg_max\":\"1\"}")),
        new("SysctlsAreNamespaced", "linux.sysctl: sysctl \"kernel/sem\" is not allowed in the hosts ipc namespace",
            ("linux.sysctl", "{\"kernel/sem\":\"1\"}")),
        new("SysctlsAreNamespaced", "linux.sysctl: sysctl \"net.core.somaxconn\" not allowed in host network namespace",
            ("linux.sysctl", "{\"net.core.somaxconn\":\"1\"}")),
        new("SysctlsAreNamespaced", "linux.sysctl: sysctl \"kernel.domainname\" is not in a separate kernel namespace",
            ("linux.sysctl", "{\"kernel.domainname\":\"x\"}"), ("linux.namespaces", NoUts)),
        new("SysctlsConflictWithNoName", "linux.sysctl: sysctl \"kernel.hostname\" is not allowed as it conflicts with the OCI \"hostname\" field",
            ("linux.sysctl", "{\"kernel.hostname\":\"x\"}")),
        new("SysctlsConflictWithNoName", "linux.sysctl: sysctl \"kernel.domainname\" is not allowed as it conflicts with the OCI \"domainname\" field",
            ("linux.sysctl", "{\"kernel.domainname\":\"x\"}"), ("domainname", "\"y\"")),
        new("DeviceRulesAreFew", "linux.resources.devices: at most 10000 rules are expected, found 10001",
            ("linux.resources.devices", "[" + string.Join(',', Enumerable.Repeat("{\"allow\":true,\"access\":\"r\"}", 10_001)) + "]")),
        new("MemoryIsInRange", "linux.resources.memory.limit: a whole number from -1 (no limit) on is expected, found -2",
            ("linux.resources.memory.limit", "-2")),
        new("MemoryIsInRange", "linux.resources.memory.reservation: a whole number from -1 (no limit) on is expected, found -9",
            ("linux.resources.memory.reservation", "-9")),
        new("MemoryIsInRange", "linux.resources.memory.swap: a whole number from -1 (no limit) on is expected, found -2",
            ("linux.resources.memory.swap", "-2")),
        new("SwapHasLimit", "linux.resources.memory.swap: unable to set swap limit without memory limit", ("linux.resources.memory", "{\"swap\":4096}")),
        new("SwapHasLimit", "linux.resources.memory.swap: unable to set swap limit without memory limit",
            ("linux.resources.memory", "{\"swap\":4096,\"limit\":-1}")),
        new("SwapIsAtLeastLimit", "linux.resources.memory.swap: memory and swap together (4095) must not be less than memory alone (4096)",
            ("linux.resources.memory", "{\"swap\":4095,\"limit\":4096}")),
        new("PidsAreInRange", "linux.resources.pids.limit: a whole number from -1 (no limit) on is expected, found -2", ("linux.resources.pids.limit", "-2")),
        new("CpuTimesAreInRange", "linux.resources.cpu.period: 1000 to 1000000 microseconds are expected, found 999", ("linux.resources.cpu.period", "999")),
        new("CpuTimesAreInRange", "linux.resources.cpu.period: 1000 to 1000000 microseconds are expected, found 1000001",
            ("linux.resources.cpu.period", "1000001")),
        new("CpuTimesAreInRange", "linux.resources.cpu.quota: at least 1000 microseconds are expected, found 999", ("linux.resources.cpu.quota", "999")),
        .. Lists(),
        new("SwappinessIsInRange", "linux.resources.memory.swappiness: invalid value for memory swappiness: 0 to 100 are expected, found 101",
            ("linux.resources.memory.swappiness", "101")),
        new("CpuIdleIsZeroOrOne", "linux.resources.cpu.idle: 0 or 1 is expected, found 2", ("linux.resources.cpu.idle", "2")),
        new("CpuIdleIsZeroOrOne", "linux.resources.cpu.idle: 0 or 1 is expected, found -1", ("linux.resources.cpu.idle", "-1")),
        new("BlockWeightsAreInRange", "linux.resources.blockIO.weight: a weight from 10 to 1000 is expected, found 9", ("linux.resources.blockIO.weight", "9")),
        new("BlockWeightsAreInRange", "linux.resources.blockIO.leafWeight: a weight from 10 to 1000 is expected, found 1001",
            ("linux.resources.blockIO.leafWeight", "1001")),
        new("BlockWeightsAreInRange", "linux.resources.blockIO.weightDevice[1].weight: a weight from 10 to 1000 is expected, found 1",
            ("linux.resources.blockIO.weightDevice", "[{\"major\":8,\"minor\":0},{\"major\":8,\"minor\":1,\"weight\":1}]")),
        new("BlockWeightsAreInRange", "linux.resources.blockIO.weightDevice[0].leafWeight: a weight from 10 to 1000 is expected, found 5",
            ("linux.resources.blockIO.weightDevice", "[{\"major\":8,\"minor\":0,\"leafWeight\":5}]")),
        .. new[] { "2", "MB", "0MB", "2mb", "2TB", "2MB/", "../2MB", "2 MB" }.Select(size => new Bad(
            "HugepageSizesAreNames", $"linux.resources.hugepageLimits[0].pageSize: a size such as 64KB, 2MB or 1GB is expected, found \"{size}\"",
            ("linux.resources.hugepageLimits", $$"""[{"pageSize":"{{size}}","limit":1}]"""))),
        new("UnifiedKeysAreFiles", "linux.resources.unified: unified resource \"../memory.max\" must be a file name (no slashes)",
            ("linux.resources.unified", "{\"../memory.max\":\"1\"}")),
        .. new[] { "memory", ".max", "memory.", ".." }.Select(key => new Bad(
            "UnifiedKeysAreFiles", $"linux.resources.unified: unified resource \"{key}\" must be in the form CONTROLLER.PARAMETER",
            ("linux.resources.unified", $$"""{"{{key}}":"1"}"""))),
        new("SeccompErrnosFit", "linux.seccomp.defaultErrnoRet: a whole number from 0 to 4095 is expected, found 65536", Profile("\"defaultErrnoRet\":65536")),
        new("SeccompErrnosFit", "linux.seccomp.syscalls[0].errnoRet: a whole number from 0 to 4095 is expected, found 4096",
            Profile("\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":4096}]")),
        new("SeccompErrnosFit", "linux.seccomp.syscalls[0].errnoRet: a whole number from 0 to 65535 is expected, found 65536",
            Profile("\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":65536}]")),
        new("SeccompErrnosAreCarried", "linux.seccomp.syscalls[1].errnoRet: only SCMP_ACT_ERRNO and SCMP_ACT_TRACE return a number",
            Profile("\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_LOG\"},{\"names\":[\"read\"],\"action\":\"SCMP_ACT_KILL\",\"errnoRet\":1}]")),
        new("SeccompNamesAreGiven", "linux.seccomp.syscalls[0].names[1]: a system call has an empty name",
            Profile("\"syscalls\":[{\"names\":[\"read\",\"\"],\"action\":\"SCMP_ACT_ALLOW\"}]")),
        new("SeccompDefaultIsNotNotify", "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY cannot be used as default action",
            ("linux.seccomp", "{\"defaultAction\":\"SCMP_ACT_NOTIFY\"}")),
        new("SeccompWriteIsNotNotified", "linux.seccomp.syscalls[0].names[1]: SCMP_ACT_NOTIFY cannot be used for the write syscall",
            Profile("\"listenerPath\":\"/a\",\"syscalls\":[{\"names\":[\"read\",\"write\"],\"action\":\"SCMP_ACT_NOTIFY\"}]")),
        new("SeccompWriteIsNotNotified", "linux.seccomp.syscalls[0].names[0]: SCMP_ACT_NOTIFY cannot be used for the sendmsg syscall",
            Profile("\"listenerPath\":\"/a\",\"syscalls\":[{\"names\":[\"sendmsg\"],\"action\":\"SCMP_ACT_NOTIFY\"}]")),
        new("SeccompListenerIsGiven", "linux.seccomp.listenerPath: SCMP_ACT_NOTIFY needs the socket of a seccomp agent",
            Profile("\"listenerPath\":\"\",\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_NOTIFY\"}]")),
    ];

    private static string DeviceAt(string path) => $$"""[{"type":"c","path":"{{path}}","major":1,"minor":3}]""";

    private static IEnumerable<Bad> Lists()
    {
        foreach (var list in new[] { "0,", "-1", "0-", "a", "0 1", "0-3-5", "0:1/2", "0-3:1", "0-3:1/2/3", "0\\n1", ",", "0--1" })
        {
            yield return new(
                "CpuListsAreWellFormed",
                $"linux.resources.cpu.cpus: \"{list}\" is not a list such as 0-3,7",
                ("linux.resources.cpu.cpus", $"\"{list}\""));
        }
        yield return new("CpuListsAreWellFormed", "linux.resources.cpu.mems: \"x\" is not a list such as 0-3,7", ("linux.resources.cpu.mems", "\"x\""));
    }

    private const string OneMap = "[{\"containerID\":0,\"hostID\":1,\"size\":1}]";
    private const string WithUser = "[{\"type\":\"mount\"},{\"type\":\"uts\"},{\"type\":\"user\"}]";

    private static IEnumerable<Bad> Namespaces()
    {
        const string timeAlone = "linux.timeOffsets: time namespace offsets specified, but time namespace isn't enabled in the config";
        const string timeJoined = "linux.timeOffsets: the time namespace is joined by its path, and its offsets cannot be changed any more";
        yield return new("NamespacePathsAreAbsolute", "linux.namespaces[1].path: \"run/ns\" is not an absolute path", ("linux.namespaces[1].path", "\"run/ns\""));
        yield return new("TimeOffsetsHaveNamespace", timeAlone, ("linux.timeOffsets", "{\"monotonic\":{}}"));
        yield return new("TimeOffsetsHaveNamespace", timeJoined, ("linux.timeOffsets", "{\"boottime\":{\"secs\":1}}"),
            ("linux.namespaces", "[{\"type\":\"mount\"},{\"type\":\"time\",\"path\":\"/n\"}]"));
    }

    private static IEnumerable<Bad> Mappings()
    {
        const string notEnabled = "user namespace mappings specified, but user namespace isn't enabled in the config";
        const string noneGiven = "linux.uidMappings: user namespaces enabled, but no namespace path to join nor mappings to apply specified";
        yield return new("MappingsHaveNamespace", $"linux.uidMappings: {notEnabled}", ("linux.uidMappings", OneMap));
        yield return new("MappingsHaveNamespace", $"linux.gidMappings: {notEnabled}", ("linux.gidMappings", OneMap));
        yield return new("UserNamespaceHasMappings", noneGiven, ("linux.namespaces", WithUser));
        yield return new("UserNamespaceHasMappings", "linux.gidMappings: a user namespace needs mappings of both kinds, uids and gids",
            ("linux.namespaces", WithUser), ("linux.uidMappings", OneMap));
        yield return new("UserNamespaceHasMappings", "linux.uidMappings: a user namespace needs mappings of both kinds, uids and gids",
            ("linux.namespaces", WithUser), ("linux.gidMappings", OneMap));
        yield return Mapped("MappingsFit", "linux.uidMappings: the kernel takes 340 mappings, 341 are given", Many(341), OneMap);
        yield return Mapped("MappingsFit", "linux.gidMappings[1]: the mapping goes beyond the last id, 4294967294", OneMap, Two((1, 9, 4294967295)));
        yield return Mapped("MappingsFit", "linux.uidMappings[1]: the mapping goes beyond the last id, 4294967294", Two((9, 4294967294, 2)), OneMap);
        yield return Mapped("MappingsDoNotOverlap", "linux.uidMappings[1]: the mapping overlaps linux.uidMappings[0]", Two((0, 9, 1)), OneMap);
        yield return Mapped("MappingsDoNotOverlap", "linux.gidMappings[1]: the mapping overlaps linux.gidMappings[0]", OneMap, Two((7, 0, 2)));
        yield return Mapped("RootIsMapped", "linux.uidMappings: no mapping of the user namespace has the container's uid 0", One(1, 1, 5), OneMap,
            ("process.user.uid", "1"));
        yield return Mapped("RootIsMapped", "linux.gidMappings: no mapping of the user namespace has the container's gid 0", OneMap, One(1, 1, 5),
            ("process.user.gid", "1"));
        yield return Mapped("UserIsMapped", "process.user.uid: no mapping of the user namespace has uid 1", OneMap, OneMap, ("process.user.uid", "1"));
        yield return Mapped("UserIsMapped", "process.user.gid: no mapping of the user namespace has gid 5", OneMap, OneMap, ("process.user.gid", "5"));
        yield return Mapped("UserIsMapped", "process.user.additionalGids[1]: no mapping of the user namespace has gid 1", OneMap, OneMap,
            ("process.user.additionalGids", "[0,1]"));
    }

    private static Bad Mapped(string rule, string problem, string uids, string gids, params (string, string?)[] more) =>
        new(rule, problem, [("linux.namespaces", WithUser), ("linux.uidMappings", uids), ("linux.gidMappings", gids), .. more]);

    private static string One(uint container, uint host, uint size) => $$"""[{"containerID":{{container}},"hostID":{{host}},"size":{{size}}}]""";

    private static string Two((uint Container, uint Host, uint Size) second) =>
        OneMap[..^1] + "," + One(second.Container, second.Host, second.Size)[1..];

    private static string Many(int count) => $"[{string.Join(',', Enumerable.Range(0, count).Select(i => One((uint)i, (uint)i, 1)[1..^1]))}]";

    public static TheoryData<int> Indexes => [.. Enumerable.Range(0, s_bad.Length)];

    private static Spec ReadBad(Bad bad)
    {
        var json = Bundle.Minimal;
        foreach (var (path, value) in bad.Edits)
        {
            json = Bundle.Edit(json, path, value);
        }
        return Bundle.Read(json);
    }

    private static string? Answer(Spec spec, IEnumerable<Rule> rules) => Record.Exception(() => CheckEach(spec, rules))?.Message;

    private static void CheckEach(Spec spec, IEnumerable<Rule> rules)
    {
        foreach (var rule in rules)
        {
            rule.Check(spec);
        }
    }

    [Theory]
    [MemberData(nameof(Indexes))]
    public void A_bad_bundle_is_refused_by_its_rule_and_by_no_other(int index)
    {
        var bad = s_bad[index];
        var spec = ReadBad(bad);
        var expected = $"config.json: {bad.Problem}";
        Assert.Equal(expected, Assert.Throws<SpecError>(() => SpecRules.Check(spec)).Message);
        Assert.Equal(expected, Answer(spec, SpecRules.All.Where(rule => rule.Name == "SpecRules." + bad.Rule)));
        Assert.NotEqual(expected, Answer(spec, SpecRules.All.Where(rule => rule.Name != "SpecRules." + bad.Rule)));
    }

    [Fact]
    public void Every_rule_has_a_bad_bundle() =>
        Assert.Equal(SpecRules.All.Select(rule => rule.Name).Order(), s_bad.Select(bad => "SpecRules." + bad.Rule).Distinct().Order());

    [Fact]
    public void Names_are_distinct() => Assert.Distinct(SpecRules.All.Select(rule => rule.Name));

    public static TheoryData<string, string> Good => new()
    {
        { "hostname", $"\"{new string('h', 64)}\"" },
        { "process.env", "[\"A=\", \"B=x=y\"]" },
        { "process.oomScoreAdj", "-1000" },
        { "process.oomScoreAdj", "1000" },
        { "process.rlimits", "[{\"type\":\"RLIMIT_CORE\",\"soft\":1,\"hard\":1}]" },
        { "mounts", "[{\"destination\":\"/proc\",\"type\":\"proc\"}]" },
        { "mounts", "[{\"destination\":\"proc\",\"type\":\"proc\",\"options\":[\"ro\"]}]" },
        { "mounts", "[{\"destination\":\"/proc/cpuinfo\",\"type\":\"bind\",\"source\":\"/x\",\"options\":[\"bind\"]}]" },
        { "mounts", "[{\"destination\":\"/proc/sys/kernel/ns_last_pid\",\"source\":\"/x\",\"options\":[\"bind\"]}]" },
        { "mounts", "[{\"destination\":\"/processes\",\"type\":\"tmpfs\"}]" },
        { "mounts", "[{\"destination\":\"/proc/../data\",\"type\":\"tmpfs\"}]" },
        { "linux.cgroupsPath", "\"/a/..b/c..\"" },
        { "linux.cgroupsPath", "\"system.slice:sharprun:c1\"" },
        { "linux.resources.memory", "{\"limit\":-1}" },
        { "linux.resources.memory", "{\"limit\":4096,\"swap\":4096,\"reservation\":0}" },
        { "linux.resources.memory", "{\"limit\":4096,\"swap\":-1}" },
        { "linux.resources.memory", "{\"swap\":0}" },
        { "linux.resources.pids.limit", "0" },
        { "linux.resources.pids.limit", "-1" },
        { "linux.resources.cpu", "{\"shares\":0,\"quota\":0,\"period\":0}" },
        { "linux.resources.cpu", "{\"shares\":1000000,\"quota\":-1,\"period\":1000}" },
        { "linux.resources.cpu", "{\"cpus\":\"0-3,7,8-15:1/2\",\"mems\":\"0\"}" },
        { "linux.devices", DeviceAt("/dev/..x") },
        { "linux.namespaces", "[{\"type\":\"mount\"},{\"type\":\"user\",\"path\":\"/n\"}]" },
        { "linux.namespaces", "[{\"type\":\"mount\"},{\"type\":\"time\"}]" },
        { "linux.sysctl", "{\"kernel.domainname\":\"x\"}" },
        { "linux.seccomp", "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":4095}" },
        { "linux.seccomp", "{\"defaultAction\":\"SCMP_ACT_TRACE\",\"defaultErrnoRet\":65535}" },
        { "linux.seccomp", "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"write\"],\"action\":\"SCMP_ACT_ALLOW\"}]}" },
    };

    [Theory]
    [MemberData(nameof(Good))]
    public void What_is_at_the_border_is_accepted(string path, string value) => Assert.Null(Answer(Bundle.ReadWith(path, value), SpecRules.All));

    [Fact]
    public void The_minimal_bundle_is_accepted() => Assert.Null(Record.Exception(() => SpecRules.Check(Bundle.Read(Bundle.Minimal))));

    [Theory]
    [InlineData("", "/")]
    [InlineData("/", "/")]
    [InlineData("a/b/", "/a/b")]
    [InlineData("/a//./b/../c", "/a/c")]
    [InlineData("/../../a", "/a")]
    [InlineData("/a/..", "/")]
    public void A_path_is_cleaned_as_text(string path, string clean) => Assert.Equal(clean, ContainerPath.Clean(path));
}
