using System;
using System.Collections.Generic;

namespace SharpRun.Seccomp;

/// <summary>What became of a rule.</summary>
public enum Added
{
    Yes,
    /// <summary>It says what the default action says.</summary>
    Redundant,
    /// <summary>No such call on any architecture that we know.</summary>
    Unknown,
    /// <summary>An earlier rule about a part of the same calls answers otherwise.</summary>
    Conflict,
}

/// <summary>Rules about system calls, by name, for several architectures; Compile makes them a program for seccomp(2).</summary>
/// <remarks>The answers are those of libseccomp 2.5 (tests/Seccomp.Tests compares), around them those of runc.</remarks>
public sealed class Filter
{
    private readonly uint _default;
    private readonly Call?[]?[] _calls = new Call?[Architectures.Count][];
    // The highest number that any rule names: what is above was unknown to the profile's author. -1: none was named.
    private readonly int[] _newest = [-1, -1, -1, -1];

    /// <summary>The machine's own architecture is always among those of a filter.</summary>
    public Filter(uint defaultAction, Architecture native)
    {
        _default = defaultAction;
        AddArchitecture(native);
    }

    /// <summary>All that are wanted come before the first rule.</summary>
    public void AddArchitecture(Architecture architecture) => _calls[(int)architecture] ??= new Call?[CallTable.HighestNumber + 1];

    public bool Has(Architecture architecture) => _calls[(int)architecture] is not null;

    /// <summary>One rule about one call. Several conditions about one argument are alternatives, as runc takes them; else all must hold.</summary>
    public Added Add(string name, uint action, ReadOnlySpan<Condition> conditions)
    {
        var call = CallTable.Find(name);
        var carrier = Has(Architecture.X86) ? Multiplexed.On32BitX86(name) : null;
        if (call < 0 && Multiplexed.On32BitX86(name) is null)
        {
            return Added.Unknown;
        }
        NoteNewest(call, carrier is not null);
        if (action == _default)
        {
            return Added.Redundant;
        }
        if (!IsAlternatives(conditions))
        {
            return AddEverywhere(call, carrier, action, conditions);
        }
        var result = Added.Yes;
        foreach (var condition in conditions)
        {
            result = result == Added.Yes ? AddEverywhere(call, carrier, action, [condition]) : result;
        }
        return result;
    }

    // Rules that are redundant count too. runc asks libseccomp, for which a multiplexed call has no number of its own on x86.
    private void NoteNewest(int call, bool isCarried)
    {
        for (var architecture = Architecture.X86_64; call >= 0 && (int)architecture < Architectures.Count; architecture++)
        {
            if (!(isCarried && architecture == Architecture.X86))
            {
                _newest[(int)architecture] = Math.Max(_newest[(int)architecture], CallTable.Number(call, architecture));
            }
        }
    }

    private static bool IsAlternatives(ReadOnlySpan<Condition> conditions)
    {
        var seen = 0;
        foreach (var condition in conditions)
        {
            if ((seen & 1 << condition.Argument) != 0)
            {
                return true;
            }
            seen |= 1 << condition.Argument;
        }
        return false;
    }

    private Added AddEverywhere(int call, (int Number, int Which)? carrier, uint action, ReadOnlySpan<Condition> conditions)
    {
        var fits = true;
        if (carrier is var (number, which))
        {
            // The true arguments lie in memory, where no filter sees them: of a condition on the first one nothing is left.
            Condition[] carried = [Condition.Compare(0, Operator.Equal, (ulong)which), .. Sorted(conditions, Architecture.X86, from: 1)];
            fits = Add(Architecture.X86, number, carried, action);
        }
        for (var architecture = Architecture.X86_64; call >= 0 && (int)architecture < Architectures.Count; architecture++)
        {
            if (Has(architecture) && CallTable.Number(call, architecture) is >= 0 and var direct)
            {
                fits &= Add(architecture, direct, Sorted(conditions, architecture, from: 0), action);
            }
        }
        return fits ? Added.Yes : Added.Conflict;
    }

    private bool Add(Architecture architecture, int number, Condition[] conditions, uint action) =>
        (_calls[(int)architecture]![number] ??= new Call()).Add(conditions, action);

    private static Condition[] Sorted(ReadOnlySpan<Condition> conditions, Architecture architecture, int from)
    {
        if (conditions.IsEmpty)
        {
            return [];
        }
        var sorted = new List<Condition>(conditions.Length);
        for (var argument = from; argument < 6; argument++)
        {
            foreach (var condition in conditions)
            {
                var seen = architecture.Has32BitArguments() ? condition.Low : condition;
                if (condition.Argument == argument && !seen.IsAlwaysTrue)
                {
                    sorted.Add(seen);
                }
            }
        }
        return [.. sorted];
    }

    /// <summary>
    /// The program, one ulong an instruction (struct sock_filter, little-endian). With newerIsUnknown, calls with higher numbers than any that the
    /// rules name fail with ENOSYS, so that a C library falls back to what it did before them.
    /// </summary>
    public ulong[] Compile(bool newerIsUnknown)
    {
        var program = new ProgramWriter();
        var answer = program.Return(FilterAction.KillThread);
        for (var architecture = Architecture.Arm64; architecture >= Architecture.X86_64; architecture--)
        {
            // x32 calls come with x86_64's AUDIT_ARCH: one section serves both.
            if (architecture != Architecture.X32 && (Has(architecture) || (architecture == Architecture.X86_64 && Has(Architecture.X32))))
            {
                var section = new Section(program, _default);
                AddCalls(section, architecture, newerIsUnknown);
                answer = program.Jump(ProgramWriter.JumpIfEqual, architecture.AuditArch(), section.Write(), answer);
            }
        }
        program.Load(ProgramWriter.ArchitectureAt, answer);
        return program.ToArray();
    }

    private void AddCalls(Section section, Architecture architecture, bool newerIsUnknown)
    {
        // Where nothing is said of an architecture's calls at all, the author's knowledge of it is unknown as well.
        uint? Newer(Architecture of) => newerIsUnknown && _newest[(int)of] > 0 ? FilterAction.Errno(Section.ENOSYS) : null;
        AddCalls(section, architecture, 0, Newer(architecture));
        if (architecture != Architecture.X86_64)
        {
            return;
        }
        // Numbers with bit 30 are x32's, whatever bit 31 is.
        var hasX32 = Has(Architecture.X32);
        var newer32 = Newer(Architecture.X32);
        AddCalls(section, Architecture.X32, Architectures.X32Bit, newer32);
        section.AddRange(0x80000000, Newer(architecture) ?? (hasX32 ? _default : FilterAction.KillThread));
        section.AddRange(0xC0000000, hasX32 ? newer32 ?? _default : FilterAction.KillThread);
        if (!hasX32)
        {
            // -1 is what a tracer leaves of a call that it has dealt with (seccomp(2)).
            section.AddRange(uint.MaxValue, _default);
        }
    }

    private void AddCalls(Section section, Architecture architecture, uint firstNumber, uint? newer)
    {
        if (_calls[(int)architecture] is not { } calls)
        {
            section.AddRange(firstNumber, FilterAction.KillThread);
            return;
        }
        var end = newer is null ? calls.Length : _newest[(int)architecture] + 1;
        section.Add(architecture, calls.AsSpan(0, end), firstNumber);
        section.AddRange(firstNumber + (uint)end, newer ?? _default);
    }
}
