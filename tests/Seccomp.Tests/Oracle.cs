using System;
using System.Collections.Generic;
using System.Linq;
using SharpRun.Planning;

namespace SharpRun.Seccomp.Tests;

/// <summary>What a container of runc would see: libseccomp's filter, behind the few instructions by which runc answers ENOSYS to newer calls.</summary>
sealed class Oracle
{
    private const uint ENOSYS = 0x50000 | 38, X32Bit = 0x40000000;

    private readonly ulong[] _program;
    private readonly PseudoCode _meaning;
    private readonly Dictionary<Architecture, uint> _newest = [];

    private Oracle(ulong[] program, PseudoCode meaning) => (_program, _meaning) = (program, meaning);

    /// <summary>How often libseccomp's program did not do what its pseudo code says.</summary>
    public int OwnDifferences { get; private set; }

    /// <summary>Null: libseccomp refuses the profile.</summary>
    public static Oracle? Of(SeccompConfig config)
    {
        if (LibSeccomp.Compile(config) is not var (program, meaning))
        {
            return null;
        }
        var oracle = new Oracle(program, meaning);
        if (config.DefaultAction is SeccompAction.Allow or SeccompAction.Log or SeccompAction.Trace)
        {
            return oracle;
        }
        // runc from 1.2 on counts the machine's own architecture in, named or not.
        foreach (var architecture in LibSeccomp.ArchitecturesOf(config).Append(Architecture.X86_64).Distinct())
        {
            var newest = config.Syscalls.SelectMany(rule => rule.Names).Select(name => LibSeccomp.Resolve(name, architecture)).DefaultIfEmpty(0).Max();
            if (newest > 0)
            {
                oracle._newest[architecture] = (uint)newest;
            }
        }
        return oracle;
    }

    public uint Answer(CallData data)
    {
        var isX32 = (data.Number & X32Bit) != 0;
        Architecture? architecture = data.Architecture switch
        {
            0xC000003E => isX32 ? Architecture.X32 : Architecture.X86_64,
            0x40000003 => Architecture.X86,
            0xC00000B7 => Architecture.Arm64,
            _ => null,
        };
        if (architecture is { } known && _newest.TryGetValue(known, out var newest) && data.Number > newest)
        {
            return ENOSYS;
        }
        var answer = _meaning.Run(data);
        OwnDifferences += answer == Interpreter.Run(_program, data) ? 0 : 1;
        return answer;
    }
}
