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
    private const byte Interrupt = 3, EndOfFile = 4, Backspace = 8, KillLine = 21, Delete = 127;

    public static string Line(string question)
    {
        RequireTerminal(out _);
        Output.WriteError(question);
        return Read(static last => last == '\n').TrimEnd('\r', '\n');
    }

    /// <summary>Without echo. ^C is only a key meanwhile: a signal's death would leave the terminal mute.</summary>
    public static string Secret(string question)
    {
        RequireTerminal(out var modes);
        Output.WriteError(question);
        Sys.SetTerminalModes(Stdin, modes.Raw()).OrThrow("turn the terminal's echo off");
        try
        {
            return ReadKeys();
        }
        finally
        {
            Sys.SetTerminalModes(Stdin, modes);
            Output.WriteError("\n");
        }
    }

    private static string ReadKeys()
    {
        List<byte> text = [];
        Span<byte> key = stackalloc byte[1];
        while (text.Count < Limit && Sys.Read(Stdin, key).OrThrow("read the terminal") > 0)
        {
            switch (key[0])
            {
                case (byte)'\r' or (byte)'\n':
                    return Encoding.UTF8.GetString(text.ToArray());
                case Interrupt:
                    throw new ImageError("log in: interrupted");
                case EndOfFile when text.Count == 0:
                    throw new ImageError("log in: no password");
                case Backspace or Delete when text.Count > 0:
                    text.RemoveAt(text.Count - 1);
                    break;
                case KillLine:
                    text.Clear();
                    break;
                default:
                    text.Add(key[0]);
                    break;
            }
        }
        throw new ImageError("log in: the terminal is gone");
    }

    /// <summary>One line's end at the end is not part of it.</summary>
    public static string WholeInput()
    {
        var text = Read(static _ => false);
        return text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
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
