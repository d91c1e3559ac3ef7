using System.Collections.Generic;

namespace SharpRun.RandomBundles;

// Mounts: types, options, targets that are there or not, below one another or not.
static partial class Properties
{
    private static readonly string[] s_attributes =
        ["ro", "nosuid", "nodev", "noexec", "nodiratime", "rw", "suid", "dev", "exec"];

    // Only for bind mounts: runc forgets them when it makes a tmpfs read-only. And no nosymfollow, which it forgets on bind mounts.
    private static readonly string[] s_recursive = ["rro", "rnosuid", "rnodev", "rnoexec", "rnoatime", "rnodiratime", "rrw", "rsuid"];

    private static readonly string[] s_propagation = ["private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable"];

    private static List<string> Options(Dice dice, bool isBind = true)
    {
        var options = dice.Some(20, s_attributes);
        // One of the family: for two of them runc lets strictatime win, sharprun the last one.
        if (dice.Chance(30))
        {
            options.Add(dice.Of("noatime", "strictatime", "relatime", "atime"));
        }
        if (isBind && dice.Chance(15))
        {
            options.AddRange(dice.Some(25, s_recursive));
        }
        if (dice.Chance(30))
        {
            options.Add(dice.Of<string>(s_propagation));
        }
        return dice.Shuffled(options);
    }

    private static void Dev(Bundle bundle, Dice dice)
    {
        List<string> options = dice.Chance(70) ? ["nosuid", "strictatime", "mode=755", "size=65536k"] : dice.Some(50, ["nosuid", "noexec", "mode=755",
            "size=1m", "noatime"]);
        bundle.AddMount("/dev", "tmpfs", "tmpfs", options);
    }

    private static void DevPts(Bundle bundle, Dice dice)
    {
        List<string> options = ["newinstance", "ptmxmode=0666", "mode=0620", .. dice.Some(60, ["nosuid", "noexec"])];
        if (dice.Chance(50))
        {
            options.Add("gid=5");
        }
        bundle.AddMount("/dev/pts", "devpts", "devpts", options);
    }

    private static void DevShm(Bundle bundle, Dice dice) =>
        bundle.AddMount("/dev/shm", "tmpfs", "shm", [.. dice.Some(70, ["nosuid", "noexec", "nodev", "mode=1777"]), dice.Of("size=65536k", "size=1m",
            "nr_inodes=100")]);

    private static void CgroupMount(Bundle bundle, Dice dice) =>
        bundle.AddMount("/sys/fs/cgroup", "cgroup", "cgroup", dice.Some(65, ["nosuid", "noexec", "nodev", "relatime", "ro"]));

    private static void Tmpfs(Bundle bundle, Dice dice)
    {
        var options = Options(dice, isBind: false);
        options.AddRange(dice.Some(35, ["size=1m", "mode=0700", "uid=1000", "gid=1000", "nr_inodes=50"]));
        var target = dice.Of("/tmp", "/mnt", "/new/deep", "/run", "/data/inner", "/link/inner", "/secret", "/scratch/deep");
        // runc makes it read-only at the end, by its path: what is mounted over it then, and not the tmpfs.
        if (target is not ("/run" or "/scratch/deep"))
        {
            options.Remove("ro");
        }
        else if (bundle.HasMountAt(target))
        {
            return;
        }
        bundle.AddMount(target, "tmpfs", dice.Of("tmpfs", "none", "scratch"), options);
    }

    private static void Bind(Bundle bundle, Dice dice)
    {
        var source = bundle.World.Sources + dice.Of("/dir", "/dir", "/dir/deep", "/empty", "");
        var target = dice.Of("/mnt", "/mnt/x", "/mnt/x/y", "/new", "/new/deep", "/data", "/data/inner", "/link", "/secret", "/out/there", "relative/path");
        bundle.AddMount(target, dice.Of("bind", "bind", "none", ""), source, [dice.Of("bind", "rbind"), .. Options(dice)]);
    }

    private static void BindFile(Bundle bundle, Dice dice)
    {
        var source = bundle.World.Sources + dice.Of("/file", "/script", "/dir/one");
        bundle.AddMount(dice.Of("/mnt/file", "/etc/hosts", "/new/file", "/data/file", "/data/script", "/etc/hostname", "/data/deep/file"), "bind", source,
            [dice.Of("bind", "rbind"), .. Options(dice)]);
    }

    private static void BindTree(Bundle bundle, Dice dice) =>
        bundle.AddMount(dice.Of("/mnt", "/data", "/new"), "bind", bundle.World.Sources + dice.Of("/tree", "/tree", "/tree/sub"),
            [dice.Of("bind", "rbind", "rbind"), .. Options(dice)]);

    private static void Nested(Bundle bundle, Dice dice)
    {
        bundle.AddMount("/mnt", "tmpfs", "outer", ["mode=755"]);
        bundle.AddMount("/mnt/x", "bind", bundle.World.Sources + "/dir", [dice.Of("bind", "rbind"), dice.Of("ro", "rw")]);
        bundle.AddMount("/mnt/x/deep", "tmpfs", "inner", dice.Some(50, ["nodev", "size=4k"]));
        bundle.AddMount("/mnt/x/deep/file", "bind", bundle.World.Sources + "/file", ["bind"]);
        bundle.AddMount("/frozen", "tmpfs", "frozen", ["ro"]);
        bundle.AddMount("/frozen/deep/file", "bind", bundle.World.Sources + "/file", ["bind"]);
    }
}
