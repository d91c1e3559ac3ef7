using System;
using System.Collections.Generic;

namespace SharpRun.Seccomp;

/// <summary>The part of a program for one AUDIT_ARCH: the space of call numbers cut into ranges of one answer each, and a search tree over them.</summary>
sealed class Section(ProgramWriter program, uint defaultAction)
{
    public const uint ENOSYS = 38;

    // From Start up to the next range. Call is null where the answer does not depend on arguments.
    private readonly record struct Range(uint Start, uint Action, Call? Call, bool Has32BitArguments);

    private readonly List<Range> _ranges = new(256);

    /// <summary>Ranges are added by rising start; neighbours with one answer become one range.</summary>
    public void AddRange(uint start, uint action)
    {
        if (_ranges.Count == 0 || _ranges[^1].Call is not null || _ranges[^1].Action != action)
        {
            _ranges.Add(new Range(start, action, null, false));
        }
    }

    /// <summary>The calls of one architecture; firstNumber is the number of the first of them.</summary>
    public void Add(Architecture architecture, ReadOnlySpan<Call?> calls, uint firstNumber)
    {
        for (var i = 0; i < calls.Length; i++)
        {
            var start = firstNumber + (uint)i;
            if (calls[i] is { Action: null } call)
            {
                _ranges.Add(new Range(start, 0, call, architecture.Has32BitArguments()));
            }
            else
            {
                AddRange(start, calls[i]?.Action ?? defaultAction);
            }
        }
    }

    /// <summary>Writes the section; its first instruction loads the number.</summary>
    public int Write() => program.Load(ProgramWriter.NumberAt, Tree(0, _ranges.Count));

    // The ranges from first up to end, halved at each step: about seven comparisons for a call of docker's profile.
    private int Tree(int first, int end)
    {
        if (end - first == 1)
        {
            var range = _ranges[first];
            return range.Call is null ? program.Return(range.Action) : Rules(range.Call, range.Has32BitArguments);
        }
        var middle = (first + end) / 2;
        var above = Tree(middle, end);
        var below = Tree(first, middle);
        return program.Jump(ProgramWriter.JumpIfAtLeast, _ranges[middle].Start, above, below);
    }

    private int Rules(Call call, bool is32Bit)
    {
        var next = program.Return(defaultAction);
        for (var i = call.Rules.Count - 1; i >= 0; i--)
        {
            var label = program.Return(call.Rules[i].Action);
            for (var j = call.Rules[i].Conditions.Length - 1; j >= 0; j--)
            {
                label = Test(call.Rules[i].Conditions[j], is32Bit, label, next);
            }
            next = label;
        }
        return next;
    }

    // 64 bits are compared by halves, the high one first.
    private int Test(Condition condition, bool is32Bit, int yes, int no)
    {
        var low = new Half(ProgramWriter.ArgumentsAt + (condition.Argument * 8), (uint)condition.Mask, (uint)condition.Value);
        var high = new Half(low.At + 4, (uint)(condition.Mask >> 32), (uint)(condition.Value >> 32));
        switch (condition.Operator)
        {
            case Operator.Less:
                return Test(condition with { Operator = Operator.GreaterOrEqual }, is32Bit, no, yes);
            case Operator.LessOrEqual:
                return Test(condition with { Operator = Operator.Greater }, is32Bit, no, yes);
            case Operator.NotEqual:
                return Test(condition with { Operator = Operator.Equal }, is32Bit, no, yes);
            case Operator.Greater:
            case Operator.GreaterOrEqual:
                var comparison = condition.Operator == Operator.Greater ? ProgramWriter.JumpIfAbove : ProgramWriter.JumpIfAtLeast;
                var test = program.Load(low.At, program.Jump(comparison, low.Value, yes, no));
                return is32Bit ? test : program.Load(high.At,
                    program.Jump(ProgramWriter.JumpIfAbove, high.Value, yes, program.Jump(ProgramWriter.JumpIfEqual, high.Value, test, no)));
            default:
                var equal = TestEqual(low, yes, no);
                return is32Bit ? equal : TestEqual(high, equal, no);
        }
    }

    private readonly record struct Half(int At, uint Mask, uint Value);

    private int TestEqual(Half half, int yes, int no)
    {
        if (half.Mask == 0)
        {
            return yes;
        }
        var test = program.Jump(ProgramWriter.JumpIfEqual, half.Value, yes, no);
        return program.Load(half.At, half.Mask == uint.MaxValue ? test : program.And(half.Mask, test));
    }
}
