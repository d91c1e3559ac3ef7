using System;
using System.Collections.Generic;

namespace SharpRun.Seccomp;

/// <summary>
/// Writes a classic BPF program from its end to its beginning. Jumps only lead forward, so whatever an instruction can reach is written before
/// it, and each distance is known at once. A label is the place of an instruction counted from the end: 1 is the last.
/// </summary>
sealed class ProgramWriter
{
    // struct seccomp_data of linux/seccomp.h: the number, the architecture, the address of the instruction, six arguments of 64 bits.
    public const int NumberAt = 0, ArchitectureAt = 4, ArgumentsAt = 16;

    // linux/bpf_common.h: BPF_JMP with BPF_JEQ, BPF_JGT, BPF_JGE, each against a constant.
    public const ushort JumpIfEqual = 0x15, JumpIfAbove = 0x25, JumpIfAtLeast = 0x35;
    private const ushort JumpAlways = 0x05, LoadWord = 0x20, AndConstant = 0x54, ReturnConstant = 0x06;

    // A conditional jump skips at most this many instructions.
    private const int Reach = 255;

    private readonly List<ulong> _backwards = new(512);
    private readonly List<(uint Action, int Label)> _returns = [];

    /// <summary>Loads a word of the data and goes on at the label.</summary>
    public int Load(int offset, int next)
    {
        GoTo(next);
        return Write(LoadWord, 0, 0, (uint)offset);
    }

    /// <summary>Masks the loaded word and goes on at the label.</summary>
    public int And(uint mask, int next)
    {
        GoTo(next);
        return Write(AndConstant, 0, 0, mask);
    }

    private void GoTo(int label)
    {
        if (label != _backwards.Count)
        {
            Write(JumpAlways, 0, 0, (uint)Distance(label));
        }
    }

    /// <summary>A return of this answer near enough to jump to; the one that is there, or a new one.</summary>
    public int Return(uint action)
    {
        for (var i = _returns.Count - 1; i >= 0; i--)
        {
            if (_returns[i].Action == action)
            {
                if (Distance(_returns[i].Label) < Reach)
                {
                    return _returns[i].Label;
                }
                _returns.RemoveAt(i);
            }
        }
        var label = Write(ReturnConstant, 0, 0, action);
        _returns.Add((action, label));
        return label;
    }

    /// <summary>Compares the loaded word; both ways are labels.</summary>
    public int Jump(ushort comparison, uint value, int yes, int no)
    {
        if (yes == no)
        {
            return yes;
        }
        no = Near(no, 1);
        yes = Near(yes, 0);
        return Write(comparison, Distance(yes), Distance(no), value);
    }

    // The label itself, or one within reach that leads there; spare is how many instructions may still come between.
    private int Near(int label, int spare)
    {
        if (Distance(label) + spare <= Reach)
        {
            return label;
        }
        var target = _backwards[label - 1];
        return (ushort)target == ReturnConstant ? Return((uint)(target >> 32)) : Write(JumpAlways, 0, 0, (uint)Distance(label));
    }

    // How many instructions lie between the next one to be written and the label.
    private int Distance(int label) => _backwards.Count - label;

    // struct sock_filter: 16 bits code, 8 and 8 bits of distances, 32 bits constant.
    private int Write(ushort code, int yes, int no, uint constant)
    {
        _backwards.Add(code | ((ulong)yes << 16) | ((ulong)no << 24) | ((ulong)constant << 32));
        return _backwards.Count;
    }

    public ulong[] ToArray()
    {
        var program = _backwards.ToArray();
        Array.Reverse(program);
        return program;
    }
}
