using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;

namespace SharpRun.Oci.Dockerfiles;

/// <summary>One logical line becomes an instruction: its flags, its form, its words. Errors are sentences without the line's number.</summary>
ref struct InstructionReader
{
    private static readonly SearchValues<char> s_stageLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");

    private readonly LogicalLine _line;
    private readonly char _escape;
    private readonly List<(string Name, string? Value)> _flags = [];
    private readonly string _text;
    private string _rest;

    public InstructionReader(LogicalLine line, char escape)
    {
        _line = line;
        _escape = escape;
        _rest = line.Rest;
        _text = line.Rest.Length == 0 ? line.Keyword : $"{line.Keyword} {line.Rest}";
    }

    public Instruction Read()
    {
        ReadFlags();
        var instruction = Dispatch();
        // What the instruction did not take.
        return OciCheck.FlagIsKnown.Passes(_flags.Count == 0) ? instruction : throw new ImageError($"{_line.Keyword} --{_flags[0].Name}: this flag is not supported");
    }

    private Instruction Dispatch() => _line.Keyword switch
    {
        "FROM" => From(),
        "RUN" => new RunInstruction(_line.Number, _text, RunCommand()),
        "COPY" => CopyOrAdd(isAdd: false),
        "ADD" => CopyOrAdd(isAdd: true),
        "ENV" => new EnvInstruction(_line.Number, _text, Pairs()),
        "LABEL" => new LabelInstruction(_line.Number, _text, Pairs()),
        "ARG" => Arg(),
        "WORKDIR" => new WorkdirInstruction(_line.Number, _text, One()),
        "USER" => new UserInstruction(_line.Number, _text, One()),
        "ENTRYPOINT" => new EntrypointInstruction(_line.Number, _text, Command()),
        "CMD" => new CmdInstruction(_line.Number, _text, Command()),
        "EXPOSE" => new ExposeInstruction(_line.Number, _text, Some(Words.AtBlanks(_rest))),
        "VOLUME" => Volume(),
        "SHELL" => Shell(),
        "STOPSIGNAL" => new StopSignalInstruction(_line.Number, _text, One()),
        "MAINTAINER" => new MaintainerInstruction(_line.Number, _text, Some(_rest)),
        "HEALTHCHECK" => Healthcheck(),
        "ONBUILD" => throw new ImageError("ONBUILD is not supported"),
        _ => throw new ImageError($"{_line.Keyword}: there is no such instruction"),
    };

    // --name or --name=value, before everything else; "--" alone ends them.
    private void ReadFlags()
    {
        while (_rest.StartsWith("--", StringComparison.Ordinal))
        {
            var end = Words.EndOfWord(_rest, 0, _escape);
            var word = Words.Unquote(_rest[..end], _escape);
            _rest = _rest[end..].TrimStart();
            if (word == "--")
            {
                return;
            }
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? word[2..] : word[2..equals];
            if (OciCheck.FlagIsGivenOnce.Fails(_flags.Exists(flag => flag.Name == name)))
            {
                throw new ImageError($"{_line.Keyword} --{name}: the flag is given twice");
            }
            _flags.Add((name, equals < 0 ? null : word[(equals + 1)..]));
        }
    }

    private readonly string? Flag(string name)
    {
        var at = _flags.FindIndex(flag => flag.Name == name);
        if (at < 0)
        {
            return null;
        }
        var value = _flags[at].Value;
        _flags.RemoveAt(at);
        return string.IsNullOrEmpty(value) ? throw new ImageError($"{_line.Keyword} --{name}: the flag needs a value") : value;
    }

    private readonly FromInstruction From()
    {
        var words = Words.AtBlanks(_rest);
        if (words.Length != 1 && !(words.Length == 3 && words[1].Equals("AS", StringComparison.OrdinalIgnoreCase)))
        {
            throw new ImageError("FROM: IMAGE or IMAGE AS NAME is expected");
        }
        var name = words.Length == 3 ? words[2].ToLowerInvariant() : null;
        return name is not null && !IsStageName(name)
            ? throw new ImageError($"FROM … AS {name}: a stage's name begins with a letter, then letters, digits, \"-\", \"_\", \".\"")
            : new FromInstruction(_line.Number, _text, words[0], name, Flag("platform"));
    }

    private static bool IsStageName(string name) =>
        char.IsAsciiLetterLower(name[0]) && name.AsSpan().IndexOfAnyExcept(s_stageLetters) < 0;

    // A script in a heredoc goes to the shell as it stands; behind other words the shell reads the heredoc itself.
    private readonly CommandWords RunCommand()
    {
        if (_line.Heredocs.Count == 0)
        {
            return Command();
        }
        var first = _line.Heredocs[0];
        if (_line.Heredocs.Count == 1 && _rest == first.Word)
        {
            return first.Content.StartsWith("#!", StringComparison.Ordinal)
                ? throw new ImageError($"RUN <<{first.Name}: a script that names its own program (#!) is not supported; RUN PROGRAM <<{first.Name} is")
                : new CommandWords(true, [first.Content]);
        }
        var text = _rest + "\n";
        foreach (var heredoc in _line.Heredocs)
        {
            text += heredoc.Content + heredoc.Name + "\n";
        }
        return new CommandWords(true, [text]);
    }

    private readonly CommandWords Command()
    {
        if (JsonForm.TryRead(_rest) is { } words)
        {
            return new CommandWords(false, words.Count == 0 && _line.Keyword == "RUN" ? throw Missing() : words);
        }
        return new CommandWords(true, [Some(_rest)]);
    }

    private readonly ShellInstruction Shell() =>
        JsonForm.TryRead(_rest) is { Count: > 0 } words
            ? new ShellInstruction(_line.Number, _text, words)
            : throw new ImageError("SHELL: a JSON array of words is expected");

    private readonly VolumeInstruction Volume()
    {
        var paths = JsonForm.TryRead(_rest)?.ToArray() ?? Words.AtBlanks(_rest);
        return Array.Exists(paths, string.IsNullOrWhiteSpace)
            ? throw new ImageError("VOLUME: a path is empty")
            : new VolumeInstruction(_line.Number, _text, Some(paths));
    }

    private readonly CopyInstruction CopyOrAdd(bool isAdd)
    {
        var words = JsonForm.TryRead(_rest)?.ToArray() ?? Words.AtBlanks(_rest);
        if (OciCheck.CopyHasADestination.Fails(words.Length < 2))
        {
            throw new ImageError($"{_line.Keyword}: at least one source and the destination are expected");
        }
        var from = isAdd ? null : Flag("from");
        if (from is not null && from.Contains('$', StringComparison.Ordinal))
        {
            throw new ImageError($"COPY --from={from}: no variable can stand here; FROM {from} AS NAME can name it");
        }
        return new CopyInstruction(_line.Number, _text, isAdd, words[..^1], words[^1])
        {
            From = from,
            Owner = Flag("chown"),
            Mode = Flag("chmod"),
            Heredocs = _line.Heredocs,
        };
    }

    // NAME=VALUE NAME=VALUE …, or the old form: NAME and the rest of the line.
    private readonly List<RawPair> Pairs()
    {
        var words = Words.Split(Some(_rest), _escape);
        if (!words[0].Contains('=', StringComparison.Ordinal))
        {
            var value = _rest[words[0].Length..].Trim();
            return value.Length == 0 ? throw new ImageError($"{_line.Keyword} {words[0]}: a value is expected") : [new RawPair(words[0], value)];
        }
        List<RawPair> pairs = [];
        foreach (var word in words)
        {
            pairs.Add(Pair(word));
        }
        return pairs;
    }

    private readonly RawPair Pair(string word)
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        return equals switch
        {
            < 0 => throw new ImageError($"{_line.Keyword} {word}: NAME=VALUE is expected"),
            0 => throw new ImageError($"{_line.Keyword} {word}: the name is empty"),
            _ => new RawPair(word[..equals], word[(equals + 1)..]),
        };
    }

    private readonly ArgInstruction Arg()
    {
        List<RawPair> pairs = [];
        foreach (var word in Words.Split(Some(_rest), _escape))
        {
            pairs.Add(word.Contains('=', StringComparison.Ordinal) ? Pair(word) : new RawPair(word, null));
        }
        return new ArgInstruction(_line.Number, _text, pairs);
    }

    private HealthcheckInstruction Healthcheck()
    {
        var options = new HealthcheckInstruction(_line.Number, _text, null)
        {
            Interval = DurationFlag("interval"),
            Timeout = DurationFlag("timeout"),
            StartPeriod = DurationFlag("start-period"),
            StartInterval = DurationFlag("start-interval"),
            Retries = Flag("retries") is not { } text ? 0
                : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var retries) ? retries
                : throw new ImageError($"HEALTHCHECK --retries={text}: a number is expected"),
        };
        var end = Words.EndOfWord(Some(_rest), 0, _escape);
        var kind = _rest[..end].ToUpperInvariant();
        _rest = _rest[end..].TrimStart();
        return kind switch
        {
            "NONE" when _rest.Length == 0 => options,
            "CMD" => options with { Test = Command() },
            _ => throw new ImageError($"HEALTHCHECK {kind}: NONE, or CMD and a command, is expected"),
        };
    }

    private readonly long DurationFlag(string name) =>
        Flag(name) is not { } text ? 0
        : Duration.TryParse(text, out var nanoseconds) ? nanoseconds
        : throw new ImageError($"HEALTHCHECK --{name}={text}: a duration as 30s or 1m30s, at least 1ms, is expected");

    private readonly string One() => Some(_rest);

    private readonly string[] Some(string[] words) => words.Length > 0 ? words : throw Missing();

    private readonly string Some(string text) => text.Length > 0 ? text : throw Missing();

    private readonly ImageError Missing() => new($"{_line.Keyword}: an argument is expected");
}
