using System;
using System.Collections.Generic;
using System.Linq;
using SharpRun.Planning;

namespace SharpRun.Seccomp.Tests;

/// <summary>Profiles that nobody would write.</summary>
sealed class RandomProfile(int seed)
{
    private static readonly string[] s_extra = ["send", "recv", "nosuchcall", "cacheflush"];
    private static readonly string[] s_architectures = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_AARCH64"];
    private static readonly SeccompAction[] s_defaults = [SeccompAction.Errno, SeccompAction.Errno, SeccompAction.KillProcess, SeccompAction.KillThread,
        SeccompAction.Allow, SeccompAction.Log, SeccompAction.Trap, SeccompAction.Trace];

    private readonly Random _random = new(seed);
    private bool _hasX32;

    /// <summary>All rules about one call have one action. Simple: and either one rule about a call, or several of one condition each.</summary>
    public SeccompConfig OfOneMind(bool isSimple = false)
    {
        var config = Make(isOfOneMind: true);
        var rulesOf = config.Syscalls.SelectMany(rule => rule.Names).GroupBy(name => name).ToDictionary(group => group.Key, group => group.Count());
        return !isSimple ? config : config with
        {
            Syscalls = [.. config.Syscalls.Select(rule => rulesOf[rule.Names[0]] == 1 ? rule : rule with { Args = [.. rule.Args.Take(1)] })],
        };
    }

    /// <summary>Rules of at most one condition, which answer now this, now that.</summary>
    public SeccompConfig OfManyMinds()
    {
        var config = Make(isOfOneMind: false);
        return config with { Syscalls = [.. config.Syscalls.Select(rule => rule with { Args = [.. rule.Args.Take(1)] })] };
    }

    private SeccompConfig Make(bool isOfOneMind)
    {
        string[] architectures = [.. s_architectures.Where(_ => _random.Next(3) > 0)];
        _hasX32 = architectures.Contains("SCMP_ARCH_X32");
        var pool = Enumerable.Range(0, _random.Next(2, 30)).Select(_ => Name()).ToArray();
        // Rules of one mind about a call differ in their conditions only.
        var minds = pool.Distinct().ToDictionary(name => name, _ => Action());
        var rules = new List<SeccompRule>();
        for (var i = _random.Next(1, 40); i > 0; i--)
        {
            var name = Pick(pool);
            var (action, errno) = isOfOneMind ? minds[name] : Action();
            string[] names = isOfOneMind || _random.Next(3) > 0 ? [name] : [name, Pick(pool), Pick(pool)];
            rules.Add(new SeccompRule(names, action, errno, Arguments()));
        }
        for (var i = _random.Next(0, 3) * 60; i > 0; i--)
        {
            var name = Name();
            if (!minds.ContainsKey(name))
            {
                rules.Add(new SeccompRule([name], SeccompAction.Allow, null, []));
            }
        }
        var first = Pick(s_defaults);
        return new SeccompConfig
        {
            DefaultAction = first,
            DefaultErrnoRet = first == SeccompAction.Errno && _random.Next(2) == 0 ? (uint)_random.Next(1, 130) : null,
            Architectures = architectures,
            // These two are many calls at once.
            Syscalls = isOfOneMind ? [.. rules.Where(rule => rule.Names[0] is not ("ipc" or "socketcall"))] : rules,
        };
    }

    private (SeccompAction Action, uint? Errno) Action()
    {
        var action = (SeccompAction)_random.Next(8);
        return action == SeccompAction.Notify ? (SeccompAction.Allow, null) : (action, action is SeccompAction.Errno or SeccompAction.Trace ? (uint)_random.Next(0, 4) : null);
    }

    private string Name()
    {
        // A call that neither x86_64 nor x32 has becomes a rule for one and the same impossible number in both of libseccomp's lists; when that one
        // comes first, 2.5.4 drops it together with the instruction that loads the number, and compares the architecture instead.
        var name = _random.Next(20) == 0 ? Pick(s_extra) : CallTable.Name(_random.Next(CallTable.Count));
        return _hasX32 && LibSeccomp.Resolve(name, Architecture.X86_64) < -1 ? Name() : name;
    }

    private SeccompArgument[] Arguments()
    {
        var count = _random.Next(5) switch { 0 => 0, 1 or 2 => 1, 3 => 2, _ => 3 };
        var arguments = new SeccompArgument[count];
        for (var i = 0; i < count; i++)
        {
            arguments[i] = new SeccompArgument(_random.Next(6), (SeccompOperator)_random.Next(7), Value(), Value());
        }
        return arguments;
    }

    private ulong Value() => _random.Next(8) switch
    {
        0 => 0,
        1 => (ulong)_random.Next(20),
        2 => (ulong)_random.Next(4),
        3 => uint.MaxValue,
        4 => ((ulong)_random.Next(4) << 32) | (uint)_random.Next(4),
        5 => ulong.MaxValue,
        6 => 1UL << _random.Next(64),
        _ => (ulong)_random.NextInt64(),
    };

    private T Pick<T>(T[] choices) => choices[_random.Next(choices.Length)];
}
