using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using SharpRun.Planning;

namespace SharpRun.Seccomp.Tests;

/// <summary>Debian's libseccomp2, the other opinion: the filter that runc makes of the same profile.</summary>
static unsafe partial class LibSeccomp
{
    private const int EEXIST = -17;

    public static bool IsThere => NativeLibrary.TryLoad("libseccomp.so.2", out _);

    public static string Why => "libseccomp.so.2 is not installed (Debian's libseccomp2)";

    [StructLayout(LayoutKind.Sequential)]
    private struct Comparison
    {
        public uint Argument;
        public int Operator;
        public ulong A, B;
    }

    public static uint Token(this Architecture architecture) => architecture == Architecture.X32 ? 0x4000003E : architecture.AuditArch();

    /// <summary>As runc 1.3 does it, without its addition for newer calls: the program and what it means. Null: libseccomp refuses a rule.</summary>
    public static (ulong[] Program, PseudoCode Meaning)? Compile(SeccompConfig config)
    {
        var defaultAction = Word(config.DefaultAction, config.DefaultErrnoRet);
        var context = seccomp_init(defaultAction);
        try
        {
            foreach (var architecture in ArchitecturesOf(config))
            {
                var added = seccomp_arch_add(context, architecture.Token());
                if (added is not (0 or EEXIST))
                {
                    throw new InvalidOperationException($"{architecture}: {added}");
                }
            }
            foreach (var rule in config.Syscalls)
            {
                foreach (var name in rule.Names)
                {
                    if (!Add(context, name, rule, defaultAction))
                    {
                        return null;
                    }
                }
            }
            var program = MemoryMarshal.Cast<byte, ulong>(Export(fd => seccomp_export_bpf(context, fd))).ToArray();
            return (program, new PseudoCode(System.Text.Encoding.ASCII.GetString(Export(fd => seccomp_export_pfc(context, fd)))));
        }
        finally
        {
            seccomp_release(context);
        }
    }

    private static bool Add(nint context, string name, SeccompRule rule, uint defaultAction)
    {
        var action = Word(rule.Action, rule.ErrnoRet);
        var number = seccomp_syscall_resolve_name(name);
        if (number == -1 || action == defaultAction)
        {
            return true;
        }
        var comparisons = new List<Comparison>();
        var seen = new HashSet<int>();
        var isRepeated = false;
        foreach (var argument in rule.Args)
        {
            comparisons.Add(new Comparison
            {
                Argument = (uint)argument.Index,
                Operator = (int)argument.Operator + 1,
                A = argument.Value,
                B = argument.ValueTwo,
            });
            isRepeated |= !seen.Add(argument.Index);
        }
        if (!isRepeated)
        {
            return Add(context, action, number, [.. comparisons]);
        }
        return comparisons.TrueForAll(comparison => Add(context, action, number, [comparison]));
    }

    private static bool Add(nint context, uint action, int number, Comparison[] comparisons)
    {
        fixed (Comparison* start = comparisons)
        {
            return seccomp_rule_add_array(context, action, number, (uint)comparisons.Length, start) == 0;
        }
    }

    private static byte[] Export(Func<int, int> export)
    {
        var path = Path.GetTempFileName();
        try
        {
            using (var file = new FileStream(path, FileMode.Create))
            {
                var exported = export((int)file.SafeFileHandle.DangerousGetHandle());
                if (exported != 0)
                {
                    throw new InvalidOperationException($"seccomp_export: {exported}");
                }
            }
            return File.ReadAllBytes(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    public static IEnumerable<Architecture> ArchitecturesOf(SeccompConfig config)
    {
        foreach (var word in config.Architectures)
        {
            yield return word switch
            {
                "SCMP_ARCH_X86_64" => Architecture.X86_64,
                "SCMP_ARCH_X86" => Architecture.X86,
                "SCMP_ARCH_X32" => Architecture.X32,
                _ => Architecture.Arm64,
            };
        }
    }

    public static uint Word(SeccompAction action, uint? errno) => action switch
    {
        SeccompAction.KillProcess => 0x80000000,
        SeccompAction.KillThread => 0,
        SeccompAction.Trap => 0x30000,
        SeccompAction.Errno => 0x50000 | (errno ?? 1),
        SeccompAction.Trace => 0x7ff00000 | (errno ?? 1),
        SeccompAction.Notify => 0x7fc00000,
        SeccompAction.Log => 0x7ffc0000,
        _ => 0x7fff0000,
    };

    /// <summary>-1: libseccomp has never heard of it. Other negative numbers: there is none on this architecture.</summary>
    public static int Resolve(string name, Architecture architecture) => seccomp_syscall_resolve_name_arch(architecture.Token(), name);

    /// <summary>It has the same numbers for this name as the kernel: not so for calls that are younger than itself.</summary>
    public static bool Agrees(string name) => Array.TrueForAll(Enum.GetValues<Architecture>(), architecture =>
    {
        var call = CallTable.Find(name);
        var ours = call < 0 ? -1 : CallTable.Number(call, architecture);
        var theirs = Resolve(name, architecture);
        // Calls that x86 has multiplexed are below zero as well.
        return theirs >= 0 ? (theirs & ~0x40000000) == ours : ours < 0 || (architecture == Architecture.X86 && theirs is <= -100 and >= -224);
    });

    [LibraryImport("libseccomp.so.2")]
    private static partial nint seccomp_init(uint defaultAction);

    [LibraryImport("libseccomp.so.2")]
    private static partial void seccomp_release(nint context);

    [LibraryImport("libseccomp.so.2")]
    private static partial int seccomp_arch_add(nint context, uint token);

    [LibraryImport("libseccomp.so.2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int seccomp_syscall_resolve_name(string name);

    [LibraryImport("libseccomp.so.2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int seccomp_syscall_resolve_name_arch(uint token, string name);

    [LibraryImport("libseccomp.so.2")]
    private static partial int seccomp_rule_add_array(nint context, uint action, int number, uint count, Comparison* comparisons);

    [LibraryImport("libseccomp.so.2")]
    private static partial int seccomp_export_pfc(nint context, int fd);

    [LibraryImport("libseccomp.so.2")]
    private static partial int seccomp_export_bpf(nint context, int fd);
}
