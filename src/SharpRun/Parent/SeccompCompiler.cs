using System;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using SharpRun.Planning;
using SharpRun.Seccomp;
using Architecture = SharpRun.Seccomp.Architecture;

namespace SharpRun.Parent;

/// <summary>From the words of config.json to the room that knows system calls by number. Pays only where there is a profile.</summary>
static class SeccompCompiler
{
    /// <summary>The function that the planner calls.</summary>
    public static Func<SeccompConfig, ulong[]> For(Log log) => log.IsDebug ? config => CompileTimed(config, log) : config => Compile(config, Native, null);

    private static ulong[] CompileTimed(SeccompConfig config, Log log)
    {
        var start = Stopwatch.GetTimestamp();
        var program = Compile(config, Native, log.Debug);
        var taken = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        log.Debug(string.Create(CultureInfo.InvariantCulture, $"seccomp filter of {program.Length} instructions compiled in {taken:F0} us"));
        return program;
    }

    private static Architecture Native =>
        RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? Architecture.Arm64 : Architecture.X86_64;

    internal static ulong[] Compile(SeccompConfig config, Architecture native, Action<string>? debug)
    {
        var defaultAction = Word(config.DefaultAction, config.DefaultErrnoRet);
        var filter = new Filter(defaultAction, native);
        foreach (var name in config.Architectures)
        {
            if (ArchitectureOf(name) is { } architecture)
            {
                filter.AddArchitecture(architecture);
            }
            else
            {
                debug?.Invoke($"seccomp architecture {name} ignored: its calls do not exist on this machine");
            }
        }
        for (var i = 0; i < config.Syscalls.Count; i++)
        {
            AddRule(filter, config.Syscalls[i], i, debug);
        }
        // As runc: who answers permissively by default means new calls as well.
        return filter.Compile(newerIsUnknown: !FilterAction.IsPermissive(defaultAction));
    }

    private static void AddRule(Filter filter, SeccompRule rule, int index, Action<string>? debug)
    {
        var action = Word(rule.Action, rule.ErrnoRet);
        Span<Condition> conditions = stackalloc Condition[rule.Args.Count];
        for (var i = 0; i < conditions.Length; i++)
        {
            conditions[i] = ConditionOf(rule.Args[i]);
        }
        for (var i = 0; i < rule.Names.Count; i++)
        {
            var added = filter.Add(rule.Names[i], action, conditions);
            if (added == Added.Unknown)
            {
                debug?.Invoke($"unknown seccomp syscall \"{rule.Names[i]}\" ignored");
            }
            if (Check.SeccompRulesAgree.Fails(added == Added.Conflict))
            {
                throw new SpecError($"linux.seccomp.syscalls[{index}].names[{i}]",
                    $"an earlier rule has another action for some of these calls of {rule.Names[i]}");
            }
        }
    }

    private static Condition ConditionOf(SeccompArgument argument) => argument.Operator switch
    {
        SeccompOperator.MaskedEqual => Condition.Masked(argument.Index, argument.Value, argument.ValueTwo),
        SeccompOperator.NotEqual => Condition.Compare(argument.Index, Operator.NotEqual, argument.Value),
        SeccompOperator.Less => Condition.Compare(argument.Index, Operator.Less, argument.Value),
        SeccompOperator.LessOrEqual => Condition.Compare(argument.Index, Operator.LessOrEqual, argument.Value),
        SeccompOperator.GreaterOrEqual => Condition.Compare(argument.Index, Operator.GreaterOrEqual, argument.Value),
        SeccompOperator.Greater => Condition.Compare(argument.Index, Operator.Greater, argument.Value),
        _ => Condition.Compare(argument.Index, Operator.Equal, argument.Value),
    };

    private static uint Word(SeccompAction action, uint? errno) => action switch
    {
        SeccompAction.KillProcess => FilterAction.KillProcess,
        SeccompAction.Trap => FilterAction.Trap,
        SeccompAction.Errno => FilterAction.Errno(errno ?? SeccompFilter.DefaultErrno),
        SeccompAction.Trace => FilterAction.Trace(errno ?? SeccompFilter.DefaultErrno),
        SeccompAction.Allow => FilterAction.Allow,
        SeccompAction.Log => FilterAction.Log,
        SeccompAction.Notify => FilterAction.Notify,
        _ => FilterAction.KillThread,
    };

    /// <summary>The architectures whose calls we know by number; the filter of a profile has a part for each of them that it names.</summary>
    internal static readonly (string Word, Architecture Architecture)[] Architectures =
    [
        ("SCMP_ARCH_AARCH64", Architecture.Arm64), ("SCMP_ARCH_X32", Architecture.X32), ("SCMP_ARCH_X86", Architecture.X86),
        ("SCMP_ARCH_X86_64", Architecture.X86_64),
    ];

    private static Architecture? ArchitectureOf(string name)
    {
        foreach (var (word, architecture) in Architectures)
        {
            if (word == name)
            {
                return architecture;
            }
        }
        return null;
    }
}
