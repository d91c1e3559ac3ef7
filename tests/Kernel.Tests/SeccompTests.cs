using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using SharpRun.Linux;
using SharpRun.Seccomp;
using SharpRun.Seccomp.Tests;
using static SharpRun.Seccomp.Tests.Interpreter;

namespace SharpRun.KernelTests;

/// <summary>The interpreter of tests/Seccomp.Tests against the kernel: each filter is loaded and asked about calls that do not exist.</summary>
static partial class SeccompTests
{
    public static readonly Test[] All =
    [
        new("the BPF interpreter answers as the kernel for 200 random filters", RandomFilters),
        new("a compiled filter of 300 rules is taken and answers as the interpreter says", CompiledFilter),
        new("docker's filter is compiled in less than a millisecond", Speed),
        new("a filter needs no_new_privs or CAP_SYS_ADMIN", NeedsPower),
    ];

    private const uint Allow = 0x7fff0000, Errno = 0x50000, MaxErrno = 4095;

    // What exists is allowed, so that the test itself goes on; above are the calls that the filter is asked about.
    private const uint FirstAsked = 600, LastAsked = 900;

    private static readonly ulong[] s_edges = [0, 1, 5, uint.MaxValue, 1UL << 32, (1UL << 32) + 5, 1UL << 63, ulong.MaxValue];

    private static void RandomFilters()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var filter = RandomFilter(random);
            Isolated.Part(() => Compare(filter, random, $"filter {seed}"));
        }
    }

    private static void CompiledFilter()
    {
        var native = Native();
        var filter = new Filter(FilterAction.Allow, native);
        for (var call = 0; call < CallTable.Count && call < 300; call++)
        {
            Check.True(filter.Add(CallTable.Name(call), FilterAction.Log, []) != Added.Conflict);
        }
        // getppid does not look at its arguments.
        Check.Equal(Added.Yes, filter.Add("getppid", FilterAction.Errno(71), [Condition.Compare(5, Operator.Greater, (1UL << 32) + 4)]));
        var program = filter.Compile(newerIsUnknown: false);
        Isolated.Part(() =>
        {
            Load(program);
            var number = (uint)CallTable.Number(CallTable.Find("getppid"), native);
            foreach (var edge in s_edges)
            {
                var answer = Run(program, new CallData(number, native.AuditArch(), [0, 0, 0, 0, 0, edge]));
                Check.Equal(answer == FilterAction.Errno(71) ? 71 : 0, Call(number, [0, 0, 0, 0, 0, edge]), $"getppid(.., {edge:x})");
            }
        });
    }

    private static void Speed()
    {
        using var stream = typeof(SeccompTests).Assembly.GetManifestResourceStream("docker.json")!;
        using var document = JsonDocument.Parse(stream);
        var rules = new List<(string Name, uint Action, Condition[] Conditions)>();
        foreach (var rule in document.RootElement.GetProperty("syscalls").EnumerateArray())
        {
            var conditions = new List<Condition>();
            if (rule.TryGetProperty("args", out var arguments))
            {
                foreach (var argument in arguments.EnumerateArray())
                {
                    conditions.Add(Condition.Compare(argument.GetProperty("index").GetInt32(), Operator.Equal, argument.GetProperty("value").GetUInt64()));
                }
            }
            foreach (var name in rule.GetProperty("names").EnumerateArray())
            {
                rules.Add((name.GetString()!, rule.TryGetProperty("errnoRet", out _) ? FilterAction.Errno(38) : FilterAction.Allow, [.. conditions]));
            }
        }
        var times = new List<double>();
        var length = 0;
        for (var i = 0; i < 201; i++)
        {
            var start = Stopwatch.GetTimestamp();
            var filter = new Filter(FilterAction.Errno(1), Seccomp.Architecture.X86_64);
            filter.AddArchitecture(Seccomp.Architecture.X86);
            filter.AddArchitecture(Seccomp.Architecture.X32);
            foreach (var (name, action, conditions) in rules)
            {
                filter.Add(name, action, conditions);
            }
            length = filter.Compile(newerIsUnknown: true).Length;
            times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }
        var first = times[0];
        times.Sort();
        Program.Say($"   {rules.Count} names, {length} instructions: first {first:F0} us, median {times[100]:F0} us");
        // A guest without KVM is several times slower.
        Check.True(times[100] < (CloneTests.InGuest ? 10_000 : 1000), $"median {times[100]:F0} us");
    }

    private static void NeedsPower()
    {
        ulong[] program = [Instruction(0x06, Allow)];
        Isolated.Part(() =>
        {
            Check.Ok(Sys.CapSet(default));
            Check.Fails(Linux.Errno.EACCES, Sys.LoadSeccomp(program, 0));
            Check.Ok(Sys.Prctl(Linux.Native.PR_SET_NO_NEW_PRIVS, 1).Error);
            Check.Value(Sys.LoadSeccomp(program, 0));
        });
    }

    private static Seccomp.Architecture Native() =>
        RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? Seccomp.Architecture.Arm64 : Seccomp.Architecture.X86_64;

    private static void Load(ulong[] program)
    {
        Check.Ok(Sys.Prctl(Linux.Native.PR_SET_NO_NEW_PRIVS, 1).Error);
        Check.Value(Sys.LoadSeccomp(program, 0));
    }

    private static void Compare(ulong[] program, Random random, string what)
    {
        Load(program);
        for (var i = 0; i < 100; i++)
        {
            var data = new CallData((uint)random.Next((int)FirstAsked, (int)LastAsked), Native().AuditArch(), new ulong[6]);
            for (var argument = 0; argument < 6; argument++)
            {
                data.Arguments[argument] = s_edges[random.Next(s_edges.Length)];
            }
            var answer = Run(program, data);
            // A call that is let through does not exist: ENOSYS. The kernel cuts an errno to MAX_ERRNO.
            var wanted = answer == Allow ? 38 : (int)Math.Min(answer & 0xffff, MaxErrno);
            Check.Equal(wanted, Call(data.Number, data.Arguments), $"{what}: {data}");
        }
    }

    // Instructions that a filter may have, each with ways that lead forward; it ends with an errno or with "allow".
    private static ulong[] RandomFilter(Random random)
    {
        var program = new List<ulong> { Instruction(0x20, 0), Instruction(0x35, FirstAsked, 1), Instruction(0x06, Allow) };
        var count = random.Next(3, 60);
        for (var left = count; left > 0; left--)
        {
            int Way() => random.Next(0, Math.Min(left, 255));
            var constant = (uint)s_edges[random.Next(s_edges.Length)] + (uint)random.Next(0, 2);
            program.Add(random.Next(10) switch
            {
                0 or 1 => Instruction(0x20, (uint)random.Next(4, 16) * 4), // a half of an argument
                2 => Instruction(0x20, (uint)random.Next(0, 2) * 4),
                3 => Instruction(new[] { 0x04, 0x44, 0x54, 0xA4 }[random.Next(4)], constant),
                4 => Instruction(0x74, (uint)random.Next(0, 32)),
                5 => Instruction(0x05, (uint)Way()),
                6 => Instruction(0x06, random.Next(4) == 0 ? Allow : Errno | (uint)random.Next(0, 0x10000)),
                _ => Instruction(new[] { 0x15, 0x25, 0x35, 0x45 }[random.Next(4)], random.Next(3) == 0 ? (uint)random.Next(600, 900) : constant, Way(), Way()),
            });
        }
        program.Add(Instruction(0x06, Errno | (uint)random.Next(1, 200)));
        return [.. program];
    }

    /// <summary>The errno of a raw call; 0 when it went well.</summary>
    private static int Call(uint number, ulong[] a)
    {
        Marshal.SetLastSystemError(0);
        return syscall((nint)number, (nint)a[0], (nint)a[1], (nint)a[2], (nint)a[3], (nint)a[4], (nint)a[5]) == -1 ? Marshal.GetLastSystemError() : 0;
    }

    [DllImport("libc.so.6")]
    private static extern nint syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);
}
