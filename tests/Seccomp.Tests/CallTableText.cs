using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;

namespace SharpRun.Seccomp.Tests;

/// <summary>
/// Writes src/Seccomp/CallTable.Generated.cs from the kernel's headers for programs, of all architectures: what Debian's linux-libc-dev has in
/// /usr/lib/linux/uapi since Debian 13, or the same folder elsewhere. To make it anew, after a build of the tests:
///   SHARPRUN_HEADERS=FOLDER tests/Seccomp.Tests/bin/Release/net10.0/Seccomp.Tests -explicit only
/// </summary>
static partial class CallTableText
{
    private const string X86Installed = "/usr/include/x86_64-linux-gnu/asm", Arm64Installed = "/usr/aarch64-linux-gnu/include";

    /// <summary>Name and number (without x32's bit) of each call; null when the headers are not there.</summary>
    public static Dictionary<string, int>? Installed(Architecture architecture)
    {
        var path = architecture switch
        {
            Architecture.X86_64 => $"{X86Installed}/unistd_64.h",
            Architecture.X86 => $"{X86Installed}/unistd_32.h",
            Architecture.X32 => $"{X86Installed}/unistd_x32.h",
            _ => $"{Arm64Installed}/asm/unistd.h",
        };
        return !File.Exists(path) ? null : architecture == Architecture.Arm64 ? Parse(Preprocessed()) : Parse(File.ReadAllText(path));
    }

    // Before 6.11 the list of arm64 was the generic one with conditions.
    private static string Preprocessed()
    {
        var start = new ProcessStartInfo("gcc", ["-E", "-dM", "-nostdinc", "-isystem", Arm64Installed, "-U__x86_64__", "-D__aarch64__", "-include", "asm/unistd.h", "-xc", "/dev/null"])
        {
            RedirectStandardOutput = true,
        };
        using var gcc = Process.Start(start)!;
        return gcc.StandardOutput.ReadToEnd();
    }

    public static Dictionary<string, int> Parse(string header)
    {
        var words = Definition().Matches(header).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
        var calls = new Dictionary<string, int>();
        foreach (var (name, first) in words)
        {
            var word = first;
            // The generic list names a number by another: #define __NR_fcntl __NR3264_fcntl.
            while (words.TryGetValue(word, out var next))
            {
                word = next;
            }
            if (name.StartsWith("__NR_", StringComparison.Ordinal) && int.TryParse(word, CultureInfo.InvariantCulture, out var number)
                && name is not ("__NR_syscalls" or "__NR_arch_specific_syscall"))
            {
                calls[name["__NR_".Length..]] = number;
            }
        }
        return calls;
    }

    public static string Of(string folder)
    {
        var columns = new[] { "x86/asm/unistd_64.h", "x86/asm/unistd_32.h", "x86/asm/unistd_x32.h", "arm64/asm/unistd_64.h" }
            .Select(file => Parse(File.ReadAllText(Path.Combine(folder, file)))).ToArray();
        var names = columns.SelectMany(column => column.Keys).Distinct().Order(StringComparer.Ordinal).ToList();
        var starts = new List<int> { 0 };
        names.ForEach(name => starts.Add(starts[^1] + name.Length + 1));
        var text = new StringBuilder();
        text.Append("using System;\n\nnamespace SharpRun.Seccomp;\n\n// Written by tests/Seccomp.Tests/CallTableText.cs from the headers of the kernel.\npublic static partial class CallTable\n{\n");
        text.Append(CultureInfo.InvariantCulture, $"    public const int Count = {names.Count}, HighestNumber = {columns.Max(column => column.Values.Max())};\n\n");
        text.Append("    // By name, each with a zero behind it.\n    private static ReadOnlySpan<byte> Names =>\n");
        text.Append(string.Join(" +\n", Lines(names.Select(name => name + "\\0"), "").Select(line => $"        \"{line}\"u8"))).Append(";\n");
        Append(text, "ushort", "Starts", starts);
        string[] architectures = ["X86_64", "X86", "X32", "Arm64"];
        for (var i = 0; i < columns.Length; i++)
        {
            Append(text, "short", architectures[i], names.Select(name => columns[i].GetValueOrDefault(name, -1)));
        }
        return text.Append("}\n").ToString();
    }

    private static void Append(StringBuilder text, string type, string name, IEnumerable<int> numbers)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n    private static ReadOnlySpan<{type}> {name} =>\n    [\n");
        foreach (var line in Lines(numbers.Select(number => number.ToString(CultureInfo.InvariantCulture) + ","), " "))
        {
            text.Append("        ").Append(line).Append('\n');
        }
        text.Append("    ];\n");
    }

    private static IEnumerable<string> Lines(IEnumerable<string> words, string between)
    {
        var line = new StringBuilder();
        foreach (var word in words)
        {
            if (line.Length + word.Length > 140)
            {
                yield return line.ToString();
                line.Clear();
            }
            line.Append(line.Length == 0 ? "" : between).Append(word);
        }
        yield return line.ToString();
    }

    [GeneratedRegex(@"^#define (__NR\w*) \(?(?:__X32_SYSCALL_BIT \+ )?(\w+)\)?", RegexOptions.Multiline)]
    private static partial Regex Definition();
}
