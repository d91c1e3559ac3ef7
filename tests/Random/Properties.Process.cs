using System.Collections.Generic;
using System.Text.Json.Nodes;

namespace SharpRun.RandomBundles;

// Who the program is, what it may, how much it gets.
static partial class Properties
{
    private static readonly string[] s_capabilities =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP",
        "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE", "CAP_SYS_ADMIN", "CAP_SYS_NICE", "CAP_SYS_PTRACE", "CAP_BPF",
    ];

    // The kernel takes only: effective and ambient within permitted, ambient within inheritable, inheritable within bounding. Now and then one breaks that.
    private static void Capabilities(Bundle bundle, Dice dice)
    {
        var bounding = dice.Some(dice.Of(30, 60, 100), s_capabilities);
        var permitted = dice.Some(dice.Of(50, 90, 100), bounding);
        var effective = dice.Some(dice.Of(50, 100, 100), permitted);
        var inheritable = dice.Some(dice.Of(0, 0, 30), permitted);
        var ambient = dice.Some(50, inheritable);
        if (dice.Chance(6))
        {
            dice.Of(ambient, inheritable, effective, permitted).Add("CAP_SYS_TIME");
        }
        if (dice.Chance(4))
        {
            dice.Of(ambient, bounding, effective).Add(dice.Of("CAP_OF_TOMORROW", "cap_chown", "CHOWN"));
        }
        var capabilities = new JsonObject();
        foreach (var (name, list) in new[]
            { ("bounding", bounding), ("permitted", permitted), ("effective", effective), ("inheritable", inheritable), ("ambient", ambient) })
        {
            if (list.Count > 0 || dice.Chance(50))
            {
                capabilities[name] = Bundle.Array(list);
            }
        }
        bundle.Process["capabilities"] = capabilities;
    }

    private static void User(Bundle bundle, Dice dice)
    {
        var user = Bundle.Member(bundle.Process, "user");
        user["uid"] = dice.Of(0, 1000, 1000, 4242);
        user["gid"] = dice.Of(0, 1000, 777);
        if (dice.Chance(50))
        {
            user["additionalGids"] = Bundle.Numbers(dice.Some(50, [0, 5, 10, 1000, 5, 50_000]));
        }
    }

    private static void Rlimits(Bundle bundle, Dice dice)
    {
        foreach (var name in dice.Some(20, ["RLIMIT_NOFILE", "RLIMIT_CORE", "RLIMIT_NPROC", "RLIMIT_STACK", "RLIMIT_FSIZE", "RLIMIT_MEMLOCK", "RLIMIT_CPU",
            "RLIMIT_DATA",
            "RLIMIT_AS", "RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE", "RLIMIT_LOCKS", "RLIMIT_RSS"]))
        {
            // This machine's root may only lower them.
            var (soft, hard) = name switch
            {
                "RLIMIT_NOFILE" => dice.Of((64L, 64L), (512, 1024), (100, 500)),
                "RLIMIT_NICE" or "RLIMIT_RTPRIO" => (0, 0),
                "RLIMIT_CORE" => dice.Of((0L, 0L), (0, 100_000)),
                "RLIMIT_NPROC" or "RLIMIT_SIGPENDING" => dice.Of((1000L, 1000L), (500, 2000)),
                "RLIMIT_MEMLOCK" or "RLIMIT_MSGQUEUE" => dice.Of((65536L, 65536L), (1024, 65536)),
                "RLIMIT_CPU" => (1000, 2000),
                "RLIMIT_STACK" => (8_388_608, 16_777_216),
                _ => dice.Of((2_000_000_000L, 4_000_000_000L), (3_000_000_000, 3_000_000_000)),
            };
            Bundle.List(bundle.Process, "rlimits").Add(new JsonObject { ["type"] = name, ["soft"] = soft, ["hard"] = hard });
        }
    }

    private static void Environment(Bundle bundle, Dice dice)
    {
        List<string> entries = dice.Some(50,
            ["PATH=/bin", "A=1", "A=2", "EMPTY=", "HOME=", "HOME=/somewhere", "TERM=xterm", "B=x=y", "LINES=a b\tc", "PATH=/usr/bin:/bin", "Ä=ö", "A=3"]);
        bundle.Process["env"] = Bundle.Array(dice.Shuffled(entries));
    }

    private static void Arguments(Bundle bundle, Dice dice)
    {
        var program = dice.Of<string[]>(["/bin/sh"], ["//bin/busybox", "sh"], ["/proc/self/root/bin/busybox", "sh"], ["/link/../bin/sh"], ["sh"]);
        bundle.Process["args"] = Bundle.Array([.. program, Bundle.Probe]);
    }

    // Not those that every container has: runc takes their permission away when the config names them.
    private static void Device(Bundle bundle, Dice dice)
    {
        var (path, type, major, minor) = dice.Of(
            ("/dev/extra", "c", 1, 3), ("/dev/fuse", "c", 10, 229), ("/dev/dir/extra", "c", 1, 5), ("/dev/pipe", "p", 0, 0), ("/dev/loop0", "b", 7, 0),
                ("/dev/kmsg", "c", 1, 11), ("/extra", "u", 1, 7), ("/new/extra", "c", 1, 8));
        var device = new JsonObject { ["path"] = path, ["type"] = type };
        if (type != "p")
        {
            (device["major"], device["minor"]) = (major, minor);
        }
        if (dice.Chance(60))
        {
            device["fileMode"] = dice.Of(0x1b6, 0x180, 0x1ff, 0);
        }
        if (dice.Chance(40))
        {
            (device["uid"], device["gid"]) = (dice.Of(0, 1000), dice.Of(0, 5));
        }
        Bundle.List(bundle.Linux, "devices").Add(device);
    }

    private static void DeviceRules(Bundle bundle, Dice dice)
    {
        var rules = Bundle.List(bundle.Resources, "devices");
        if (dice.Chance(80))
        {
            rules.Add(new JsonObject { ["allow"] = dice.Chance(10), ["access"] = "rwm" });
        }
        for (var i = dice.Number(4); i > 0; i--)
        {
            var rule = new JsonObject { ["allow"] = dice.Chance(75), ["type"] = dice.Of("c", "c", "b"), ["access"] = dice.Of("rwm", "rw", "r", "m", "rm") };
            if (dice.Chance(85))
            {
                rule["major"] = dice.Of(1, 7, 10, 5);
                if (dice.Chance(75))
                {
                    rule["minor"] = dice.Of(0, 3, 229, 11);
                }
            }
            rules.Add(rule);
        }
    }

    private static void Memory(Bundle bundle, Dice dice)
    {
        var memory = Bundle.Member(bundle.Resources, "memory");
        if (dice.Chance(80))
        {
            memory["limit"] = dice.Of(100_000_000L, 64L << 20, 512L << 20, -1);
            if (dice.Chance(40))
            {
                memory["swap"] = dice.Of(1L << 30, 512L << 20, -1);
            }
        }
        if (dice.Chance(40))
        {
            memory["reservation"] = dice.Of(32L << 20, 50_000_001, -1);
        }
    }

    private static void Cpu(Bundle bundle, Dice dice)
    {
        var cpu = Bundle.Member(bundle.Resources, "cpu");
        if (dice.Chance(50))
        {
            cpu["shares"] = dice.Of(2, 512, 1024, 262_144);
        }
        // No less than a twentieth of a processor: with less, what looks around inside takes minutes.
        if (dice.Chance(50))
        {
            cpu["quota"] = dice.Of(50_000, 200_000, -1);
        }
        if (dice.Chance(50))
        {
            cpu["period"] = dice.Of(100_000, 50_000, 1_000_000);
        }
        if (dice.Chance(30))
        {
            (cpu["cpus"], cpu["mems"]) = (dice.Of("0", "0-1", "1"), dice.Of("0", ""));
        }
    }
}
