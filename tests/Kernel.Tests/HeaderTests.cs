using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO;
using System.Reflection;
using System.Text.RegularExpressions;
using SharpRun.Linux;

namespace SharpRun.KernelTests;

/// <summary>Every constant, system call number, error number and struct against the C headers of the machine.</summary>
static partial class HeaderTests
{
    public static readonly Test[] All =
    [
        new("constants are those of the C headers", Constants, Native.CLONE_NEWNS),
        new("constants of rtnetlink are those of the C headers", RtNetlinkConstants, Native.CLONE_NEWNS),
        new("constants of arm64 are those of its C headers", Arm64Constants, Native.CLONE_NEWNS),
        new("system call numbers of x86_64", () => CallNumbers("asm/unistd_64.h", "", 0), Native.CLONE_NEWNS),
        new("system call numbers of arm64", () => CallNumbers("asm-generic/unistd.h", Arm64Wants, 1), Native.CLONE_NEWNS),
        new("error numbers and their texts", Errors, Native.CLONE_NEWNS),
        new("sizes and offsets of structs", StructTests.Layouts, Native.CLONE_NEWNS),
    ];

    // What arch/arm64/include/uapi/asm/unistd.h defines before it includes the generic list.
    private const string Arm64Wants = """
        #define __ARCH_WANT_RENAMEAT
        #define __ARCH_WANT_NEW_STAT
        #define __ARCH_WANT_SET_GET_RLIMIT
        #define __ARCH_WANT_TIME32_SYSCALLS
        #define __ARCH_WANT_SYS_CLONE3
        #define __ARCH_WANT_MEMFD_SECRET
        """;

    // Debian 12's headers are those of kernel 6.1.
    private static readonly Dictionary<string, string> s_newer = new()
    {
        ["F_SEAL_EXEC"] = "6.3",
        ["MFD_NOEXEC_SEAL"] = "6.3",
        ["MFD_EXEC"] = "6.3",
        ["MOVE_MOUNT_BENEATH"] = "6.5",
        ["FSCONFIG_CMD_CREATE_EXCL"] = "6.6",
        ["fchmodat2"] = "6.6",
        ["STATX_MNT_ID_UNIQUE"] = "6.8",
        ["PID_FS_MAGIC"] = "6.9",
    };

    // Only in the kernel's own headers, include/linux/statfs.h and key.h (the latter also in libkeyutils).
    private static readonly string[] s_internal = ["ST_NOSYMFOLLOW", "KEY_POS_ALL", "KEY_USR_VIEW", "KEY_USR_READ", "KEY_USR_SEARCH", "KEY_USR_LINK"];

    private static readonly string[] s_libcPrefixes = ["POSIX_SPAWN_", "AF_", "SOCK_", "SOL_NETLINK", "MSG_", "SCM_", "MNT_", "UMOUNT_", "ST_", "DT_", "IFF_", "UTIME_"];

    private static void Constants()
    {
        var ours = Ours();
        var kernel = new List<string>();
        var libc = new List<string>();
        foreach (var name in ours.Keys)
        {
            if (Array.IndexOf(s_internal, name) < 0)
            {
                (IsOfLibc(name) ? libc : kernel).Add(name);
            }
        }
        Check.True(kernel.Count > 300 && libc.Count > 30, $"only {kernel.Count} and {libc.Count} constants found");
        Compare(ours, CHeaders.Values(CHeaders.Kernel, kernel, perhaps: s_newer.Keys), kernel);
        Compare(ours, CHeaders.Values(CHeaders.Libc, libc), libc);
    }

    private static void RtNetlinkConstants()
    {
        var ours = ConstantsOf(typeof(Netlink.RtNetlink));
        Check.True(ours.Count > 70, $"only {ours.Count} constants found");
        Compare(ours, CHeaders.Values(CHeaders.RtNetlink, ours.Keys), ours.Keys);
    }

    private static void Arm64Constants()
    {
        if (!Directory.Exists(CHeaders.Arm64Folder))
        {
            throw new Skip("no arm64 headers (Debian's linux-libc-dev-arm64-cross)");
        }
        var ours = Ours();
        var columns = Arm64Column().Matches(Source("Native.Fcntl.cs"));
        Check.Equal(3, columns.Count, "constants with a column for arm64");
        foreach (Match column in columns)
        {
            ours[column.Groups[1].Value] = long.Parse(column.Groups[2].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }
        ours["O_TMPFILE"] = 0x400000 | ours["O_DIRECTORY"];
        var kernel = new List<string>();
        foreach (var name in ours.Keys)
        {
            if (!IsOfLibc(name) && Array.IndexOf(s_internal, name) < 0)
            {
                kernel.Add(name);
            }
        }
        Compare(ours, CHeaders.Values(CHeaders.Kernel, kernel, perhaps: s_newer.Keys, options: ["-nostdinc", "-I", CHeaders.Arm64Folder]), kernel);
    }

    private static void CallNumbers(string header, string prelude, int column)
    {
        var ours = new Dictionary<string, long>();
        foreach (Match line in CallColumns().Matches(Source("CallNumber.cs")))
        {
            ours["__NR_" + line.Groups[1].Value] = long.Parse(line.Groups[2 + column].Value, CultureInfo.InvariantCulture);
        }
        Check.Equal(typeof(CallNumber).GetProperties(BindingFlags.Public | BindingFlags.Static).Length, ours.Count, "numbers found in the source");
        var perhaps = new List<string>();
        foreach (var name in s_newer.Keys)
        {
            perhaps.Add("__NR_" + name);
        }
        Compare(ours, CHeaders.Values([header], ours.Keys, prelude, perhaps), ours.Keys);
    }

    private static void Errors()
    {
        var names = Enum.GetNames<Errno>();
        var source = "#include <errno.h>\n#include <string.h>\nint printf(const char *, ...);\nint main(void)\n{\n";
        foreach (var name in names)
        {
            source += name == "OK" ? "" : $"printf(\"%s\\t%d\\t%s\\n\", \"{name}\", {name}, strerror({name}));\n";
        }
        var lines = CHeaders.Lines(source + "return 0;\n}\n");
        Check.Equal(names.Length - 1, lines.Count, "errors");
        foreach (var fields in lines)
        {
            var error = Enum.Parse<Errno>(fields[0]);
            Check.Equal(int.Parse(fields[1], CultureInfo.InvariantCulture), (int)error, fields[0]);
            var text = fields[2];
            // "RFS specific error" begins with a name.
            var expected = char.IsUpper(text[1]) ? text : char.ToLowerInvariant(text[0]) + text[1..];
            Check.Equal(expected, error.Text());
            Check.Equal($"{expected} ({fields[0]})", error.Sentence());
        }
        Check.Equal("error 4095", ((Errno)4095).Text());
        Check.Equal("error 41", ((Errno)41).Text());
    }

    private static Dictionary<string, long> Ours()
    {
        var ours = ConstantsOf(typeof(Native));
        foreach (var property in typeof(Native).GetProperties(BindingFlags.Public | BindingFlags.Static))
        {
            ours[property.Name] = ToInt64(property.GetValue(null)!);
        }
        return ours;
    }

    private static Dictionary<string, long> ConstantsOf([DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicFields)] Type type)
    {
        var constants = new Dictionary<string, long>();
        foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            constants[field.Name] = ToInt64(field.GetRawConstantValue()!);
        }
        return constants;
    }

    private static long ToInt64(object value) => value is ulong unsigned ? unchecked((long)unsigned) : Convert.ToInt64(value, CultureInfo.InvariantCulture);

    private static bool IsOfLibc(string name) =>
        Array.Exists(s_libcPrefixes, prefix => name.StartsWith(prefix, StringComparison.Ordinal)) || name.EndsWith("_OK", StringComparison.Ordinal);

    private static void Compare(Dictionary<string, long> ours, Dictionary<string, long> theirs, IReadOnlyCollection<string> names)
    {
        foreach (var name in names)
        {
            if (theirs.TryGetValue(name, out var value))
            {
                Check.Equal(value, ours[name], name);
            }
            else
            {
                Check.True(s_newer.ContainsKey(name.Replace("__NR_", "", StringComparison.Ordinal)), $"{name} is not in the headers");
            }
        }
    }

    private static string Source(string name)
    {
        using var reader = new StreamReader(typeof(HeaderTests).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"public static int (\w+) => Pick\((\d+), (\d+)\);")]
    private static partial Regex CallColumns();

    [GeneratedRegex(@"public static int (\w+) => IsArm64 \? 0x([0-9A-F]+) :")]
    private static partial Regex Arm64Column();
}
