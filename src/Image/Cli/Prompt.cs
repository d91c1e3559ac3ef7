using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.CommandLine;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Cli;

/// <summary>What only the user knows, from stdin: a line at the terminal, or the whole input.</summary>
static class Prompt
{
    private const int Stdin = 0, Limit = 64 << 10;
    private const byte Interrupt = 3; // ^C

    public static string Line(string question)
    {
        RequireTerminal(out _);
        Output.WriteError(question);
        return ReadLine();
    }

    /// <summary>Without echo. ^C is only a character meanwhile: a signal's death would leave the terminal mute.</summary>
    public static string Secret(string question)
    {
        RequireTerminal(out var modes);
        var mute = modes;
        mute.Local &= ~(Native.ECHO | Native.ISIG);
        Output.WriteError(question);
        Sys.SetTerminalModes(Stdin, mute).OrThrow("turn the terminal's echo off");
        try
        {
            return ReadLine();
        }
        finally
        {
            Sys.SetTerminalModes(Stdin, modes);
            Output.WriteError("\n");
        }
    }

    /// <summary>One line's end at the end is not part of it.</summary>
    public static string WholeInput()
    {
        var text = Read(static _ => false);
        return text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
    }

    private static string ReadLine()
    {
        var line = Read(static last => last is (byte)'\n' or Interrupt);
        return line.EndsWith((char)Interrupt) ? throw new ImageError("log in: interrupted") : line.TrimEnd('\r', '\n');
    }

    private static string Read(Predicate<byte> isEnd)
    {
        List<byte> text = [];
        Span<byte> one = stackalloc byte[1];
        while (text.Count < Limit)
        {
            var read = Sys.Read(Stdin, one).OrThrow("read stdin");
            if (read == 0)
            {
                break;
            }
            text.Add(one[0]);
            if (isEnd(one[0]))
            {
                break;
            }
        }
        return text.Count < Limit ? Encoding.UTF8.GetString(text.ToArray()) : throw new ImageError("read stdin: it is too long");
    }

    private static void RequireTerminal(out TerminalModes modes)
    {
        if (Sys.GetTerminalModes(Stdin, out modes) != Errno.OK)
        {
            throw new UsageError("login: stdin is no terminal to ask at: --username and --password-stdin are needed");
        }
    }
}
