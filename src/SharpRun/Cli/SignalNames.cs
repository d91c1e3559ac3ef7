using System;
using System.Globalization;
using SharpRun.CommandLine;

namespace SharpRun.Cli;

/// <summary>signal(7): names with or without SIG in any case, and numbers. The numbers are those of x86_64 and arm64.</summary>
static class SignalNames
{
    private const int Highest = 64;

    // glibc's first real-time signal; the two below are its own.
    private const int RealTimeMinimum = 34;

    // Index n is signal n + 1.
    private static readonly string[] s_names =
    [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT",
        "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    public static int Parse(string text)
    {
        var number = Number(text);
        return number >= 0 ? number : throw new UsageError($"unknown signal \"{text}\"");
    }

    private static int Number(string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number <= Highest ? number : -1;
        }
        var name = text.AsSpan();
        if (name.StartsWith("SIG", StringComparison.OrdinalIgnoreCase))
        {
            name = name[3..];
        }
        for (var i = 0; i < s_names.Length; i++)
        {
            if (name.Equals(s_names[i], StringComparison.OrdinalIgnoreCase))
            {
                return i + 1;
            }
        }
        return Alias(name);
    }

    private static int Alias(ReadOnlySpan<char> name)
    {
        if (name.StartsWith("RTMIN", StringComparison.OrdinalIgnoreCase))
        {
            return RealTime(RealTimeMinimum, '+', name[5..]);
        }
        if (name.StartsWith("RTMAX", StringComparison.OrdinalIgnoreCase))
        {
            return RealTime(Highest, '-', name[5..]);
        }
        if (name.Equals("IOT", StringComparison.OrdinalIgnoreCase))
        {
            return 6;
        }
        if (name.Equals("CLD", StringComparison.OrdinalIgnoreCase))
        {
            return 17;
        }
        return name.Equals("POLL", StringComparison.OrdinalIgnoreCase) ? 29 : -1;
    }

    // RTMIN, RTMIN+3, RTMAX, RTMAX-3.
    private static int RealTime(int start, char sign, ReadOnlySpan<char> rest)
    {
        if (rest.Length == 0)
        {
            return start;
        }
        if (rest[0] != sign || !int.TryParse(rest[1..], NumberStyles.None, CultureInfo.InvariantCulture, out var offset) || offset > Highest)
        {
            return -1;
        }
        var signal = sign == '+' ? start + offset : start - offset;
        return signal is >= RealTimeMinimum and <= Highest ? signal : -1;
    }
}
