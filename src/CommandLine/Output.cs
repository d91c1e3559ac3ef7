using System;
using System.Text;
using SharpRun.Linux;

namespace SharpRun.CommandLine;

/// <summary>stdout and stderr by write(2): Console would start a thread and cost a millisecond.</summary>
public static class Output
{
    private const int StandardOutput = 1, StandardError = 2;

    public static void Write(ReadOnlySpan<byte> text) => Sys.WriteAll(StandardOutput, text).OrThrow("write to stdout");

    public static void Write(string text) => Write(Encoding.UTF8.GetBytes(text));

    /// <summary>A word about something else than the command's own failure; that is Program's to say.</summary>
    public static void WriteError(string text) => Sys.WriteAll(StandardError, Encoding.UTF8.GetBytes(text));
}
