using System;
using System.Collections.Generic;
using System.Globalization;

namespace SharpRun.CommandLine;

public enum FlagKind
{
    Switch, Text, Number,
}

/// <summary>One row of a flag table. Short is '\0' when there is none; Value names the argument in the help.</summary>
public sealed record Flag(string Name, char Short, FlagKind Kind, string Value, string Help)
{
    public static Flag Switch(string name, string help, char letter = '\0') => new(name, letter, FlagKind.Switch, "", help);

    public static Flag Text(string name, string value, string help, char letter = '\0') => new(name, letter, FlagKind.Text, value, help);

    public static Flag Number(string name, string value, string help, char letter = '\0') => new(name, letter, FlagKind.Number, value, help);
}

/// <summary>The words of one level of the command line, read by a table: as loose as runc's parser (spec/cli.md, "Argument parser"),
/// because managers and people use its looseness. One dash or two, value behind a blank or "=", flags after the words, the last one wins.</summary>
public sealed class Arguments(Tool tool, Flag[] flags, string command = "")
{
    /// <summary>What stands before the command.</summary>
    public Arguments(Tool tool)
        : this(tool, tool.Flags)
    {
    }

    /// <summary>For the global flags: the first word is the command.</summary>
    public const int StopAtFirstWord = 0;

    /// <summary>Flags are read up to the end.</summary>
    public const int NoFreeText = int.MaxValue;

    private readonly List<(Flag Flag, string Value)> _given = [];

    public List<string> Words { get; } = [];

    public bool WantsHelp { get; private set; }

    /// <summary>Reads from an index on; after so many words everything is a word. Returns the index of the first one that was not read.</summary>
    public int Read(string[] argv, int at, int wordsBeforeFreeText)
    {
        while (at < argv.Length)
        {
            var word = argv[at];
            var isFlag = word.Length > 1 && word[0] == '-';
            if (!isFlag || word == "--")
            {
                at += isFlag ? 1 : 0;
                if (wordsBeforeFreeText == StopAtFirstWord)
                {
                    return at;
                }
                if (!isFlag)
                {
                    Words.Add(argv[at++]);
                }
                if (isFlag || Words.Count >= wordsBeforeFreeText)
                {
                    Words.AddRange(argv.AsSpan(at));
                    return argv.Length;
                }
                continue;
            }
            at = ReadFlag(argv, at);
            if (WantsHelp)
            {
                return argv.Length;
            }
        }
        return at;
    }

    public bool Is(string name) => Find(name) is "true";

    public string? Text(string name) => Find(name);

    /// <summary>All values of a flag that may be repeated, in their order.</summary>
    public List<string> Texts(string name) => _given.FindAll(given => given.Flag.Name == name).ConvertAll(given => given.Value);

    public int Number(string name, int otherwise) => Find(name) is { } value ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;

    public void RequireWords(int least, int most)
    {
        if (Words.Count < least || Words.Count > most)
        {
            var wanted = least == most ? $"exactly {least}" : Words.Count < least ? $"a minimum of {least}" : $"a maximum of {most}";
            throw new UsageError($"{tool.Name}: \"{command}\" requires {wanted} argument(s)");
        }
    }

    private string? Find(string name)
    {
        for (var i = _given.Count - 1; i >= 0; i--)
        {
            if (_given[i].Flag.Name == name)
            {
                return _given[i].Value;
            }
        }
        return null;
    }

    private int ReadFlag(string[] argv, int at)
    {
        var word = argv[at++];
        var start = word[1] == '-' ? 2 : 1;
        var equals = word.IndexOf('=', start);
        var name = equals < 0 ? word[start..] : word[start..equals];
        if (name is "help" or "h")
        {
            WantsHelp = true;
            return at;
        }
        var flag = Row(name) ?? throw Unknown(word, name);
        var value = equals < 0 ? null : word[(equals + 1)..];
        if (flag.Kind == FlagKind.Switch)
        {
            value = Truth(flag, value ?? "true");
        }
        else if (value is null)
        {
            value = at < argv.Length ? argv[at++] : throw new UsageError($"flag needs an argument: --{flag.Name}");
        }
        if (flag.Kind == FlagKind.Number && !int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
        {
            throw new UsageError($"invalid value \"{value}\" for --{flag.Name}: a number is expected");
        }
        _given.Add((flag, value));
        return at;
    }

    private Flag? Row(string name)
    {
        foreach (var flag in flags)
        {
            if (flag.Name == name || (name.Length == 1 && flag.Short == name[0]))
            {
                return flag;
            }
        }
        return null;
    }

    // The words for true and false that the parsers of runc's family take.
    private static string Truth(Flag flag, string value) => value switch
    {
        "true" or "1" or "t" or "T" or "TRUE" or "True" => "true",
        "false" or "0" or "f" or "F" or "FALSE" or "False" => "false",
        _ => throw new UsageError($"invalid boolean value \"{value}\" for --{flag.Name}"),
    };

    private UsageError Unknown(string word, string name)
    {
        var isGlobal = command.Length > 0 && Array.Exists(tool.Flags, flag => flag.Name == name);
        return new UsageError(isGlobal ? $"unknown flag {word} for {command}: a global flag stands before the command" : $"unknown flag {word}");
    }
}
