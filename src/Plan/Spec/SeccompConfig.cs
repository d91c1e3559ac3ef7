using System;
using System.Collections.Generic;

namespace SharpRun.Planning;

/// <summary>linux.seccomp. Architectures are the specification's words; flags are the kernel's bits, null when the property is absent.</summary>
public sealed record SeccompConfig
{
    public required SeccompAction DefaultAction { get; init; }
    public uint? DefaultErrnoRet { get; init; }
    public IReadOnlyList<string> Architectures { get; init; } = [];
    public SeccompFlags? Flags { get; init; }
    public string? ListenerPath { get; init; }
    public string? ListenerMetadata { get; init; }
    public IReadOnlyList<SeccompRule> Syscalls { get; init; } = [];

    /// <summary>Somebody outside decides about some of the calls.</summary>
    public bool Notifies
    {
        get
        {
            foreach (var rule in Syscalls)
            {
                if (rule.Action == SeccompAction.Notify)
                {
                    return true;
                }
            }
            return false;
        }
    }
}

/// <summary>The same action for each of the names; all arguments must fit, or any of them when two are about one index.</summary>
public sealed record SeccompRule(IReadOnlyList<string> Names, SeccompAction Action, uint? ErrnoRet, IReadOnlyList<SeccompArgument> Args);

/// <summary>Index is 0 to 5. With MaskedEqual, Value is the mask and ValueTwo what must be left.</summary>
public readonly record struct SeccompArgument(int Index, SeccompOperator Operator, ulong Value, ulong ValueTwo);

public enum SeccompAction
{
    KillThread, KillProcess, Trap, Errno, Trace, Allow, Log, Notify,
}

public enum SeccompOperator
{
    NotEqual, Less, LessOrEqual, Equal, GreaterOrEqual, Greater, MaskedEqual,
}

/// <summary>SECCOMP_FILTER_FLAG_* of linux/seccomp.h.</summary>
[Flags]
public enum SeccompFlags : uint
{
    None = 0, Tsync = 1, Log = 2, SpecAllow = 4, NewListener = 8, WaitKillableRecv = 32,
}
