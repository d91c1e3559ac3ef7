using System.Linq;
using System.Text.Json.Nodes;

namespace SharpRun.RandomBundles;

/// <summary>The table of everything that a random config may have, in the order in which it is built.</summary>
static partial class Properties
{
    public static readonly Property[] All =
    [
        new("foreground", 25, (bundle, _) => bundle.IsForeground = true),

        new("no network namespace", 15, (bundle, _) => bundle.RemoveNamespace("network")),
        new("no ipc namespace", 15, (bundle, _) => bundle.RemoveNamespace("ipc")),
        new("no uts namespace", 15, (bundle, _) => bundle.RemoveNamespace("uts")),
        new("no pid namespace", 10, (bundle, _) => bundle.RemoveNamespace("pid")),
        new("cgroup namespace", 40, (bundle, _) => bundle.AddNamespace("cgroup")),
        new("user namespace", 20, UserNamespace),
        new("time namespace", 15, TimeNamespace),

        new("dev", 75, Dev),
        new("dev/pts", 60, DevPts),
        new("dev/shm", 50, DevShm),
        new("dev/mqueue", 40, (bundle, dice) => bundle.AddMount("/dev/mqueue", "mqueue", "mqueue", dice.Some(70, ["nosuid", "noexec", "nodev"]))),
        new("sysfs", 60, (bundle, dice) => bundle.AddMount("/sys", "sysfs", "sysfs", dice.Some(70, ["nosuid", "noexec", "nodev", "ro"]))),
        new("cgroup mount", 30, CgroupMount),
        new("tmpfs", 30, Tmpfs, Most: 3),
        new("bind", 40, Bind, Most: 4),
        new("bind of a file", 30, BindFile, Most: 2),
        new("bind of a tree", 25, BindTree, Most: 2),
        new("nested targets", 15, Nested),
        new("remount", 6, (bundle, dice) => bundle.AddMount("/tmp", "bind", "/tmp", ["remount", "bind", .. dice.Some(50, ["ro", "nosuid", "nodev"])])),
        new("mounts in another order", 25, (bundle, dice) => bundle.Shuffle(dice)),
        new("rootfs propagation", 30, (bundle, dice) =>
            bundle.Linux["rootfsPropagation"] = dice.Of("private", "rprivate", "slave", "rslave", "shared", "rshared")),
        new("read-only root", 30, (bundle, _) => bundle.IsReadonly = true),
        new("masked paths", 50, Masked),
        new("read-only paths", 40, ReadonlyPaths),

        new("capabilities", 80, Capabilities),
        new("user", 40, User),
        new("umask", 30, (bundle, dice) => Bundle.Member(bundle.Process, "user")["umask"] = dice.Of(0, 0x3f, 0x12, 0x1f, 0x1ff)),
        new("no_new_privs", 50, (bundle, _) => bundle.Process["noNewPrivileges"] = true),
        new("rlimits", 40, Rlimits),
        new("oom score", 30, (bundle, dice) => bundle.Process["oomScoreAdj"] = dice.Of(0, 1, 100, 500, 1000)),
        new("environment", 50, Environment),
        new("working directory", 40, (bundle, dice) =>
            bundle.Process["cwd"] = dice.Of("/", "/tmp", "/data/inner", "/made/by/the/runtime", "/link/inner", "//tmp/../data/./", "/home/alice", "/proc",
                "/mnt")),
        new("arguments", 30, Arguments),

        new("hostname", 50, (bundle, dice) => bundle.Other["hostname"] = dice.Of("", "box", "a-longer.name", "x.y")),
        new("domain name", 20, (bundle, dice) => bundle.Other["domainname"] = dice.Of("", "example.org", "lan")),
        new("sysctl", 25, Sysctl, Most: 3),
        new("annotations", 20, (bundle, dice) =>
            Bundle.Member(bundle.Other, "annotations")[dice.Of("key", "org.example/key")] = dice.Of("", "value", "ä \"quoted\"")),

        new("device", 30, Device, Most: 3),
        new("device rules", 40, DeviceRules),
        new("memory", 35, Memory),
        new("cpu", 35, Cpu),
        new("pids", 35, (bundle, dice) => Bundle.Member(bundle.Resources, "pids")["limit"] = dice.Of(-1, 20, 100, 32768)),
        new("seccomp", 35, Seccomp),
        new("hooks", 25, Hooks, Most: 3),
        new("borderline", 12, Borderline, Most: 2),

        new("id-mapped mount", 10, (bundle, dice) => bundle.AddMount("/idmapped", "bind", bundle.World.Sources + "/dir", ["bind"], dice.Of(0, 1000, 5000))),
        new("tmpcopyup", 10, (bundle, dice) => bundle.AddMount(dice.Of("/etc", "/home"), "tmpfs", "tmpfs", ["tmpcopyup", .. dice.Some(30, ["nosuid", "nodev"])])),
        new("scheduler", 10, (bundle, dice) => bundle.Process["scheduler"] = new JsonObject { ["policy"] = dice.Of("SCHED_OTHER", "SCHED_BATCH"),
            ["nice"] = dice.Of(0, 2, 5) }),
        new("I/O priority", 10, (bundle, dice) => bundle.Process["ioPriority"] = new JsonObject { ["class"] = dice.Of("IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"),
            ["priority"] = dice.Of(0, 4, 7) }),
        new("personality", 6, (bundle, dice) => bundle.Linux["personality"] = new JsonObject { ["domain"] = dice.Of("LINUX", "LINUX32") }),
        // No idle of 1: on a busy machine such a container waits for ever.
        new("cpu burst", 10, (bundle, dice) =>
            {
                var cpu = Bundle.Member(bundle.Resources, "cpu");
                (cpu["quota"], cpu["period"], cpu["burst"]) = (200_000, 100_000, dice.Of(0, 10_000, 200_000, 300_000));
                if (dice.Chance(30))
                {
                    cpu["idle"] = 0;
                }
            }),
        new("I/O throttle", 10, (bundle, dice) => Bundle.Member(bundle.Resources, "blockIO")[dice.Of("throttleReadBpsDevice", "throttleWriteBpsDevice",
            "throttleReadIOPSDevice", "throttleWriteIOPSDevice")] = new JsonArray(new JsonObject { ["major"] = 7, ["minor"] = 0, ["rate"] = dice.Of(1000, 0) })),
        new("swappiness", 10, (bundle, dice) => Bundle.Member(bundle.Resources, "memory")["swappiness"] = dice.Of(0, 60, 100)),
    ];

    private static void UserNamespace(Bundle bundle, Dice dice)
    {
        bundle.AddNamespace("user");
        var first = dice.Of(100_000, 200_000);
        bundle.RootId = first;
        foreach (var list in new[] { "uidMappings", "gidMappings" })
        {
            var maps = Bundle.List(bundle.Linux, list);
            if (dice.Chance(70))
            {
                Map(0, first, 65536);
            }
            else
            {
                Map(0, first, 500);
                Map(500, first + 10_000, 60_000);
            }

            void Map(int container, int host, int size) =>
                maps.Add(new JsonObject { ["containerID"] = container, ["hostID"] = host, ["size"] = size });
        }
    }

    private static void TimeNamespace(Bundle bundle, Dice dice)
    {
        bundle.AddNamespace("time");
        foreach (var clock in dice.Some(60, ["monotonic", "boottime"]))
        {
            Bundle.Member(bundle.Linux, "timeOffsets")[clock] =
                new JsonObject { ["secs"] = dice.Of(0, 1, 86400, 1_000_000), ["nanosecs"] = dice.Of(0, 0, 5, 999_999_999) };
        }
    }

    private static void Masked(Bundle bundle, Dice dice)
    {
        foreach (var path in dice.Some(40, ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/scsi", "/sys/firmware", "/secret",
            "/secret/file",
            "/data/file", "/not/there", "/proc/sys/fs", "/dev/null", "/link", "/mnt/file", "/tmp/"]))
        {
            Bundle.List(bundle.Linux, "maskedPaths").Add(path);
        }
    }

    private static void ReadonlyPaths(Bundle bundle, Dice dice)
    {
        foreach (var path in dice.Some(40, ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", "/data", "/data/file", "/not/there",
            "/mnt", "/link",
            "/etc/passwd", "/new", "/dev"]).Where(path => !bundle.HasMountBelow(path == "/link" ? "/data" : path)))
        {
            // What is mounted below such a path is read-only too, but not with runc.
            Bundle.List(bundle.Linux, "readonlyPaths").Add(path);
        }
    }

    private static void Sysctl(Bundle bundle, Dice dice)
    {
        var needs = dice.Of("ipc", "network");
        if (!bundle.HasNamespace(needs))
        {
            return;
        }
        var (key, value) = needs == "ipc"
            ? dice.Of(("kernel.msgmax", "4096"), ("kernel.shmmax", "1000000"), ("kernel.sem", "100 200 30 40"), ("fs.mqueue.msg_max", "12"),
                ("kernel/shm_rmid_forced", "1"))
            : dice.Of(("net.ipv4.ip_forward", "1"), ("net.ipv4.ping_group_range", "0 100"), ("net.core.somaxconn", "1000"),
                ("net/ipv4/ip_unprivileged_port_start", "80"));
        Bundle.Member(bundle.Linux, "sysctl")[key] = value;
    }

    private static void Hooks(Bundle bundle, Dice dice)
    {
        var kind = dice.Of("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop");
        var log = kind == "startContainer" ? "/tmp/hooks.log" : bundle.World.HookLog;
        var hook = new JsonObject
        {
            ["path"] = kind == "startContainer" ? "/bin/hook" : bundle.World.Tests + "/hook.sh",
            ["args"] = Bundle.Array("hook", kind, log),
        };
        if (dice.Chance(50))
        {
            // runc's hooks of the container take an empty list for none.
            hook["env"] = Bundle.Array(["A=1", .. dice.Some(70, ["PATH=/bin", "EMPTY="])]);
        }
        if (dice.Chance(30))
        {
            hook["timeout"] = 10;
        }
        Bundle.List(Bundle.Member(bundle.Other, "hooks"), kind).Add(hook);
    }

    private static void Seccomp(Bundle bundle, Dice dice)
    {
        var rules = new JsonArray();
        for (var i = dice.Number(4); i >= 0; i--)
        {
            var rule = new JsonObject
            {
                ["names"] = Bundle.Array(dice.Some(35, ["chroot", "mount", "umount2", "sethostname", "mknod", "mknodat", "unshare", "chown", "fchownat",
                    "setpriority", "not_a_call", "kill"])),
                ["action"] = dice.Of("SCMP_ACT_ERRNO", "SCMP_ACT_ERRNO", "SCMP_ACT_LOG", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_TRAP", "SCMP_ACT_KILL_THREAD"),
            };
            if (((JsonArray)rule["names"]!).Count == 0)
            {
                continue;
            }
            if ((string?)rule["action"] == "SCMP_ACT_ERRNO" && dice.Chance(60))
            {
                rule["errnoRet"] = dice.Of(1, 13, 38, 99);
            }
            if (dice.Chance(30))
            {
                rule["args"] = new JsonArray(new JsonObject
                {
                    ["index"] = dice.Number(4),
                    ["value"] = dice.Of(0, 1, 7, 4096),
                    ["op"] = dice.Of("SCMP_CMP_EQ", "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_GE", "SCMP_CMP_GT"),
                });
            }
            rules.Add(rule);
        }
        var seccomp = new JsonObject
        {
            ["defaultAction"] = dice.Of("SCMP_ACT_ALLOW", "SCMP_ACT_ALLOW", "SCMP_ACT_LOG"),
            ["syscalls"] = rules,
        };
        if (dice.Chance(60))
        {
            seccomp["architectures"] = Bundle.Array(["SCMP_ARCH_X86_64", .. dice.Some(50, ["SCMP_ARCH_X86", "SCMP_ARCH_X32"])]);
        }
        if (dice.Chance(30))
        {
            seccomp["flags"] = Bundle.Array(dice.Some(50, ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC"]));
        }
        bundle.Linux["seccomp"] = seccomp;
    }
}
