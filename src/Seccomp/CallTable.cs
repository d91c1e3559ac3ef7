using System;

namespace SharpRun.Seccomp;

/// <summary>The names of all system calls and their numbers, as data in the program's image: nothing is built at start.</summary>
public static partial class CallTable
{
    /// <summary>The call's place in the table, or -1: no kernel that we know has a call of this name on any of our architectures.</summary>
    public static int Find(ReadOnlySpan<char> name)
    {
        var (low, high) = (0, Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = Compare(name, NameBytes(middle));
            if (order == 0)
            {
                return middle;
            }
            (low, high) = order < 0 ? (low, middle - 1) : (middle + 1, high);
        }
        return -1;
    }

    /// <summary>The number of a call, without x32's bit; -1 where the architecture does not have it.</summary>
    public static int Number(int call, Architecture architecture) => architecture switch
    {
        Architecture.X86_64 => X86_64[call],
        Architecture.X86 => X86[call],
        Architecture.X32 => X32[call],
        _ => Arm64[call],
    };

    public static string Name(int call) => System.Text.Encoding.ASCII.GetString(NameBytes(call));

    private static ReadOnlySpan<byte> NameBytes(int call) => Names[Starts[call]..(Starts[call + 1] - 1)];

    private static int Compare(ReadOnlySpan<char> name, ReadOnlySpan<byte> known)
    {
        var length = Math.Min(name.Length, known.Length);
        for (var i = 0; i < length; i++)
        {
            if (name[i] != known[i])
            {
                return name[i] - known[i];
            }
        }
        return name.Length - known.Length;
    }
}
