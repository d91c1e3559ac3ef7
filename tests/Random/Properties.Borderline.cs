using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;

namespace SharpRun.RandomBundles;

// What may be refused: both runtimes should do the same, both refuse or both accept and do the same.
static partial class Properties
{
    private static readonly (string Name, Action<Bundle, Dice> Apply)[] s_borderlines =
    [
        ("hostname without namespace", (bundle, _) => { bundle.RemoveNamespace("uts"); bundle.Other["hostname"] = "box"; }),
        ("long hostname", (bundle, dice) => bundle.Other["hostname"] = new string('h', dice.Of(64, 65))),
        ("net sysctl without namespace", (bundle, _) => { bundle.RemoveNamespace("network"); Sysctl(bundle, "net.ipv4.ip_forward", "1"); }),
        ("sysctl of the host", (bundle, dice) => Sysctl(bundle, dice.Of("vm.swappiness", "kernel.pid_max", "fs.file-max"), "100")),
        ("wrong sysctl value", (bundle, _) => Sysctl(bundle, "kernel.msgmax", "x")),
        ("unknown sysctl", (bundle, _) => Sysctl(bundle, "net.no.such", "1")),
        ("unknown namespace", (bundle, dice) => bundle.AddNamespace(dice.Of("gpu", "", "Pid"))),
        ("namespace given twice", (bundle, _) => bundle.AddNamespace("mount")),
        ("user namespace without maps", (bundle, _) =>
            {
                bundle.RemoveNamespace("user");
                bundle.AddNamespace("user");
                bundle.Linux.Remove("uidMappings");
                bundle.Linux.Remove("gidMappings");
            }),
        ("user that is not mapped", (bundle, _) => Bundle.Member(bundle.Process, "user")["uid"] = 3_000_000),
        ("largest user", (bundle, dice) => Bundle.Member(bundle.Process, "user")["uid"] = dice.Of(4_294_967_294, 4_294_967_295, 2_147_483_648)),
        ("rlimit upside down", (bundle, _) => Rlimit(bundle, "RLIMIT_NOFILE", 200, 100)),
        ("unknown rlimit", (bundle, dice) => Rlimit(bundle, dice.Of("RLIMIT_FOO", "NOFILE", ""), 1, 1)),
        ("unlimited rlimit", (bundle, _) => Rlimit(bundle, "RLIMIT_CPU", ulong.MaxValue, ulong.MaxValue)),
        // No RLIMIT_FSIZE: what is printed goes into a file here, which a program of runc's reaches through a pipe.
        ("tiny rlimit", (bundle, dice) =>
            {
                var value = dice.Of<ulong>(0, 3, 10);
                Rlimit(bundle, dice.Of("RLIMIT_NOFILE", "RLIMIT_NPROC"), value, value);
            }),
        ("oom score", (bundle, dice) => bundle.Process["oomScoreAdj"] = dice.Of(1001, -1, -1000, -1001)),
        ("directory", (bundle, dice) => bundle.Process["cwd"] = dice.Of("/data/file", "tmp", "", "/data/file/below", "/proc/1", "/out", "/../tmp", "/sys",
            "/root")),
        ("program", (bundle, dice) => bundle.Process["args"] = Bundle.Array(dice.Of("/bin/nothing", "nothing", "/etc/passwd", "/bin", "", "./bin/busybox",
            "/data/file/x"), "sh", Bundle.Probe)),
        ("no args", (bundle, dice) => bundle.Process["args"] = dice.Chance(50) ? null : new JsonArray()),
        ("empty argument", (bundle, _) => ((JsonArray?)bundle.Process["args"])?.Add("")),
        ("missing source", (bundle, _) => bundle.AddMount("/mnt", "bind", bundle.World.Sources + "/nothing", "bind")),
        ("file on a directory", (bundle, _) => bundle.AddMount("/data", "bind", bundle.World.Sources + "/file", "bind")),
        ("directory on a file", (bundle, _) => bundle.AddMount("/data/file", "bind", bundle.World.Sources + "/dir", "bind")),
        ("target below a file", (bundle, _) => bundle.AddMount("/data/file/x", "bind", bundle.World.Sources + "/dir", "bind")),
        ("unknown file system", (bundle, dice) => bundle.AddMount("/mnt", dice.Of("nofs", "", "none"), "nofs")),
        ("unknown tmpfs option", (bundle, dice) => bundle.AddMount("/mnt", "tmpfs", "tmpfs", dice.Of("colour=red", "size=x", "mode=9", "uid=-1",
            "rw,size=1m", ""))),
        ("target with dots", (bundle, dice) => bundle.AddMount(dice.Of("/mnt/../data", "/../../mnt", "/./mnt//x", "/data/inner/../../new"), "tmpfs", "tmpfs")),
        ("mount at the top", (bundle, dice) => bundle.AddMount(dice.Of("/", "//", "/."), "tmpfs", "tmpfs")),
        ("mount in proc", (bundle, dice) => bundle.AddMount(dice.Of("/proc/sys", "/proc/self", "/proc/cpuinfo", "/proc/uptime"), "bind",
            bundle.World.Sources + "/file", "bind")),
        ("second proc", (bundle, dice) => bundle.AddMount(dice.Of("/proc", "/mnt", "/new"), "proc", "proc", dice.Some(50, ["ro", "hidepid=2", "nosuid"]))),
        ("relative masked path", (bundle, _) => Bundle.List(bundle.Linux, "maskedPaths").Add("secret")),
        ("masked path with dots", (bundle, _) => Bundle.List(bundle.Linux, "maskedPaths").Add("/data/../secret")),
        ("relative read-only path", (bundle, _) => Bundle.List(bundle.Linux, "readonlyPaths").Add("data")),
        ("masked root", (bundle, _) => Bundle.List(bundle.Linux, "maskedPaths").Add("/")),
        ("odd variable", (bundle, dice) => Bundle.List(bundle.Process, "env").Add(dice.Of("=x", "NOTHING", "", "A B=c", "1=2"))),
        ("odd capability", (bundle, dice) => Bundle.List(Bundle.Member(bundle.Process, "capabilities"), "bounding").Add(dice.Of("CAP_ALL", "", "ALL"))),
        ("no capabilities", (bundle, _) => bundle.Process["capabilities"] = new JsonObject()),
        ("ambient alone", (bundle, _) => bundle.Process["capabilities"] = new JsonObject { ["ambient"] = Bundle.Array("CAP_CHOWN"),
            ["permitted"] = Bundle.Array("CAP_CHOWN"), ["bounding"] = Bundle.Array("CAP_CHOWN") }),
        ("effective alone", (bundle, _) => bundle.Process["capabilities"] = new JsonObject { ["effective"] = Bundle.Array("CAP_CHOWN"),
            ["bounding"] = Bundle.Array("CAP_CHOWN") }),
        ("small memory", (bundle, dice) => Bundle.Member(bundle.Resources, "memory")["limit"] = dice.Of(1, 4096, 0, -2)),
        ("swap", (bundle, dice) =>
            {
                var memory = Bundle.Member(bundle.Resources, "memory");
                memory["limit"] = dice.Of(100_000_000, 0, -1);
                memory["swap"] = dice.Of(50_000_000, 0, -1, 100_000_000);
            }),
        ("quota", (bundle, dice) => Bundle.Member(bundle.Resources, "cpu")["quota"] = dice.Of(10, 0, 999, -2)),
        ("period", (bundle, dice) => Bundle.Member(bundle.Resources, "cpu")["period"] = dice.Of(10, 0, 2_000_000)),
        ("shares", (bundle, dice) => Bundle.Member(bundle.Resources, "cpu")["shares"] = dice.Of(0, 2)),
        ("cpus", (bundle, dice) => Bundle.Member(bundle.Resources, "cpu")["cpus"] = dice.Of("77", "x", "0,0", "1-0", "0-")),
        ("no processes", (bundle, dice) => Bundle.Member(bundle.Resources, "pids")["limit"] = dice.Of(0, 1, 2, -5)),
        ("odd device", (bundle, dice) => Bundle.List(bundle.Linux, "devices").Add(dice.Of<Func<JsonObject>>(
            () => new JsonObject { ["path"] = "dev/x", ["type"] = "c", ["major"] = 1, ["minor"] = 3 },
            () => new JsonObject { ["path"] = "/dev/x", ["type"] = "z", ["major"] = 1, ["minor"] = 3 },
            () => new JsonObject { ["path"] = "/dev/x", ["type"] = "c" })())),
        ("odd device rule", (bundle, dice) => Bundle.List(bundle.Resources, "devices").Add(new JsonObject { ["allow"] = true, ["type"] = dice.Of("x", "a",
            ""), ["access"] = dice.Of("rwm", "x", "", "rr") })),
        ("propagation", (bundle, dice) => bundle.Linux["rootfsPropagation"] = dice.Of("", "sideways", "unbindable")),
        ("umask", (bundle, dice) => Bundle.Member(bundle.Process, "user")["umask"] = dice.Of(0xfff, 511, -1)),
        ("version", (bundle, dice) => bundle.Other["ociVersion"] = dice.Of("1.0.0", "1.3.0", "", "one", "1.1.0-rc.1")),
        ("root", (bundle, dice) => bundle.Rootfs = dice.Of("./rootfs/", bundle.World.Bundle + "/rootfs", "nothing", "../bundle/rootfs", "")),
        ("cgroup path", (bundle, dice) => bundle.Linux["cgroupsPath"] = dice.Of(bundle.World.CgroupPath + "/deep/er", bundle.World.CgroupPath + "//x/./y/")),
        ("missing hook", (bundle, dice) => Hook(bundle, dice, "/no/hook")),
        ("failing hook", (bundle, dice) => Hook(bundle, dice, bundle.World.Tests + "/hook.sh", "failing", bundle.World.HookLog, "3")),
        ("relative hook", (bundle, dice) => Hook(bundle, dice, "hook")),
        ("unknown action", (bundle, dice) => bundle.Linux["seccomp"] = new JsonObject { ["defaultAction"] = dice.Of("SCMP_ACT_DANCE", "", "SCMP_ACT_NOTIFY",
            "SCMP_ACT_TRACE") }),
        ("unknown architecture", (bundle, dice) => bundle.Linux["seccomp"] = new JsonObject { ["defaultAction"] = "SCMP_ACT_ALLOW",
            ["architectures"] = Bundle.Array(dice.Of("SCMP_ARCH_VAX", "SCMP_ARCH_AARCH64", "")) }),
        ("annotation", (bundle, dice) => Bundle.Member(bundle.Other, "annotations")[dice.Of("", " ", "a\nb")] = "x"),
        ("unknown properties", (bundle, _) => { bundle.Other["colour"] = "red"; bundle.Linux["colour"] = new JsonObject { ["x"] = 1 }; }),
        ("unused properties", (bundle, _) =>
            {
                bundle.Process["consoleSize"] = new JsonObject { ["height"] = 20, ["width"] = 80 };
                (bundle.Process["apparmorProfile"], bundle.Linux["mountLabel"]) = ("", "");
            }),
        ("offsets without namespace", (bundle, _) =>
            {
                bundle.RemoveNamespace("time");
                bundle.Linux["timeOffsets"] = new JsonObject { ["boottime"] = new JsonObject { ["secs"] = 5 } };
            }),
        ("odd offset", (bundle, dice) =>
            {
                bundle.RemoveNamespace("time");
                bundle.AddNamespace("time");
                var offset = new JsonObject { ["secs"] = dice.Of(-100_000_000_000, 1), ["nanosecs"] = dice.Of(1_000_000_000L, 0) };
                bundle.Linux["timeOffsets"] = new JsonObject { ["monotonic"] = offset };
            }),
    ];

    /// <summary>One of them; its name is the choice's, so that a finding says which.</summary>
    private static void Borderline(Bundle bundle, Dice dice)
    {
        var (name, apply) = dice.Of<(string Name, Action<Bundle, Dice> Apply)>(s_borderlines);
        bundle.Remarks.Add(name);
        apply(bundle, dice);
    }

    private static void Sysctl(Bundle bundle, string key, string value) => Bundle.Member(bundle.Linux, "sysctl")[key] = value;

    private static void Rlimit(Bundle bundle, string type, ulong soft, ulong hard) =>
        Bundle.List(bundle.Process, "rlimits").Add(new JsonObject { ["type"] = type, ["soft"] = soft, ["hard"] = hard });

    private static void Hook(Bundle bundle, Dice dice, string path, params IEnumerable<string> args)
    {
        var hook = new JsonObject { ["path"] = path };
        if (args.Any())
        {
            hook["args"] = Bundle.Array(["hook", .. args]);
        }
        Bundle.List(Bundle.Member(bundle.Other, "hooks"), dice.Of("prestart", "createRuntime", "createContainer", "poststart", "poststop")).Add(hook);
    }
}
