using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace SharpRun.KernelTests;

/// <summary>Asks the C compiler what the headers of the machine say.</summary>
static class CHeaders
{
    private const string Gcc = "/usr/bin/gcc";

    public const string Arm64Folder = "/usr/aarch64-linux-gnu/include";

    public static readonly string[] Kernel =
    [
        "linux/fcntl.h", "linux/openat2.h", "linux/stat.h", "linux/fs.h", "linux/mount.h", "linux/magic.h", "linux/memfd.h", "linux/close_range.h",
        "linux/sched.h", "linux/prctl.h", "linux/wait.h", "linux/capability.h", "linux/keyctl.h", "linux/nsfs.h", "linux/seccomp.h", "linux/filter.h", "linux/auxvec.h",
        "asm/siginfo.h", "asm/signal.h", "linux/mman.h", "asm/mman.h", "asm/poll.h", "asm/socket.h", "linux/sockios.h", "linux/ioctl.h", "linux/btrfs.h", "linux/netlink.h",
        "asm/ioctls.h", "asm/termbits.h", "asm/termios.h", "linux/bpf.h", "linux/resource.h", "asm/statfs.h", "linux/utsname.h",
    ];

    public static readonly string[] RtNetlink =
    [
        "sys/socket.h", "linux/netlink.h", "linux/rtnetlink.h", "linux/if.h", "linux/if_link.h", "linux/if_addr.h", "linux/if_bridge.h", "linux/veth.h", "linux/ip.h",
    ];

    public static readonly string[] Libc =
    [
        "sys/socket.h", "sys/mount.h", "sys/stat.h", "sys/statvfs.h", "unistd.h", "dirent.h", "net/if.h", "spawn.h",
    ];

    /// <summary>Name and value of each expression; those that may be newer than the headers are left out where they are no macro.</summary>
    public static Dictionary<string, long> Values(IReadOnlyList<string> headers, IEnumerable<string> expressions, string prelude = "",
        ICollection<string>? perhaps = null, params IReadOnlyList<string> options)
    {
        var source = new StringBuilder(prelude).Append('\n');
        foreach (var header in headers)
        {
            source.Append(CultureInfo.InvariantCulture, $"#include <{header}>\n");
        }
        source.Append("int printf(const char *, ...);\nint main(void)\n{\n");
        foreach (var name in expressions)
        {
            var line = $"printf(\"%s\\t%lld\\n\", \"{name}\", (long long)({name}));\n";
            source.Append(perhaps?.Contains(name) == true ? $"#ifdef {name}\n{line}#endif\n" : line);
        }
        source.Append("return 0;\n}\n");
        var values = new Dictionary<string, long>();
        foreach (var fields in Lines(source.ToString(), options))
        {
            values[fields[0]] = long.Parse(fields[1], CultureInfo.InvariantCulture);
        }
        return values;
    }

    /// <summary>Compiles a program, runs it, and splits what it prints at tabs.</summary>
    public static List<string[]> Lines(string source, params IReadOnlyList<string> options)
    {
        if (!Command.Exists(Gcc))
        {
            throw new Skip("no gcc");
        }
        var directory = Scratch.Open();
        Scratch.WriteFile(directory, "headers.c", source);
        var program = $"{Scratch.Path}/headers";
        var (status, complaints) = Command.Run(Gcc, ["-w", "-D_GNU_SOURCE", .. options, "-o", program, $"{Scratch.Path}/headers.c"]);
        Check.True(status == 0, $"gcc: {complaints}");
        var (ran, output) = Command.Run(program);
        Check.Equal(0, ran, "the C program's status");
        var lines = new List<string[]>();
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            lines.Add(line.Split('\t'));
        }
        return lines;
    }
}
