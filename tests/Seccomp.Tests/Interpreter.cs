using System;

namespace SharpRun.Seccomp.Tests;

/// <summary>struct seccomp_data of linux/seccomp.h: what a filter sees of a call.</summary>
readonly record struct CallData(uint Number, uint Architecture, ulong[] Arguments)
{
    public const int Length = 64;

    public uint Word(int offset)
    {
        switch (offset)
        {
            case 0:
                return Number;
            case 4:
                return Architecture;
            case >= 16 and < Length when offset % 4 == 0:
                var argument = Arguments[(offset - 16) / 8];
                return (uint)(offset % 8 == 0 ? argument : argument >> 32);
            default:
                // The address of the instruction, and what the kernel refuses to load.
                throw new InvalidOperationException($"word at {offset}");
        }
    }

    public override string ToString() => $"call {Number:x} of {Architecture:x} ({string.Join(", ", Array.ConvertAll(Arguments, argument => argument.ToString("x", null)))})";
}

/// <summary>Classic BPF as the kernel runs it for seccomp (kernel/seccomp.c, seccomp_check_filter; Documentation/networking/filter.rst), as far as
/// filters of ours and of libseccomp go. tests/Kernel.Tests compares it with the kernel itself.</summary>
static class Interpreter
{
    public static uint Run(ReadOnlySpan<ulong> program, CallData data)
    {
        uint a = 0;
        for (var at = 0; at < program.Length; at++)
        {
            var (code, yes, no, constant) = Parts(program[at]);
            switch (code)
            {
                case 0x20: // BPF_LD | BPF_W | BPF_ABS
                    a = data.Word((int)constant);
                    break;
                case 0x00: // BPF_LD | BPF_IMM
                    a = constant;
                    break;
                case 0x04: // BPF_ALU | BPF_ADD | BPF_K
                    a += constant;
                    break;
                case 0x44: // BPF_OR
                    a |= constant;
                    break;
                case 0x54: // BPF_AND
                    a &= constant;
                    break;
                case 0x74: // BPF_RSH
                    a >>= (int)constant;
                    break;
                case 0xA4: // BPF_XOR
                    a ^= constant;
                    break;
                case 0x05: // BPF_JMP | BPF_JA
                    at += (int)constant;
                    break;
                case 0x15: // BPF_JEQ | BPF_K
                    at += a == constant ? yes : no;
                    break;
                case 0x25: // BPF_JGT
                    at += a > constant ? yes : no;
                    break;
                case 0x35: // BPF_JGE
                    at += a >= constant ? yes : no;
                    break;
                case 0x45: // BPF_JSET
                    at += (a & constant) != 0 ? yes : no;
                    break;
                case 0x06: // BPF_RET | BPF_K
                    return constant;
                case 0x16: // BPF_RET | BPF_A
                    return a;
                default:
                    throw new InvalidOperationException($"instruction {at}: code {code:x}");
            }
        }
        throw new InvalidOperationException("the program has no end");
    }

    public static (ushort Code, byte Yes, byte No, uint Constant) Parts(ulong instruction) =>
        ((ushort)instruction, (byte)(instruction >> 16), (byte)(instruction >> 24), (uint)(instruction >> 32));

    public static ulong Instruction(int code, uint constant, int yes = 0, int no = 0) =>
        (uint)code | ((ulong)yes << 16) | ((ulong)no << 24) | ((ulong)constant << 32);
}
