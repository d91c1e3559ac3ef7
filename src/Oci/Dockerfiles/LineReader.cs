using System;
using System.Collections.Generic;
using System.Text;

namespace SharpRun.Oci.Dockerfiles;

/// <summary>
/// The physical lines of a Dockerfile become logical ones, as docker joins them: a comment or an empty line inside an instruction is left out,
/// an escape at the very end of a line (blanks behind it do not count) continues it, and heredocs are taken from the lines that follow.
/// The directives at the top ("# escape=`") are read here, too. "syntax" and "check" mean other programs and are passed over.
/// </summary>
sealed class LineReader(string text)
{
    private readonly string[] _lines = text.Split('\n');
    private readonly List<string> _directives = [];
    private bool _mayBeDirective = true;
    private int _next;

    /// <summary>The character that continues lines and takes a meaning away: '\' or '`'.</summary>
    public char Escape { get; private set; } = '\\';

    /// <summary>Of the line that was read last, for errors; from 1.</summary>
    public int Number { get; private set; }

    /// <summary>Null at the end.</summary>
    public LogicalLine? Next()
    {
        while (_next < _lines.Length)
        {
            Number = _next + 1;
            var first = _lines[_next++].TrimStart();
            if (first.Length == 0 || first[0] == '#')
            {
                ReadDirective(first);
                continue;
            }
            _mayBeDirective = false;
            var whole = Join(first).Trim();
            if (whole.Length > 0)
            {
                return Split(whole);
            }
        }
        return null;
    }

    private void ReadDirective(string line)
    {
        var equals = line.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? "" : line[1..equals].Trim().ToLowerInvariant();
        var value = equals < 0 ? "" : line[(equals + 1)..].Trim();
        _mayBeDirective = _mayBeDirective && name is "escape" or "syntax" or "check" && value.Length > 0;
        if (!_mayBeDirective)
        {
            return;
        }
        if (OciCheck.DirectiveIsGivenOnce.Fails(_directives.Contains(name)))
        {
            throw new ImageError($"# {name}=: the directive is given twice");
        }
        _directives.Add(name);
        if (name == "escape")
        {
            Escape = value is "\\" or "`" ? value[0] : throw new ImageError($"# escape={value}: only \\ and ` can be the escape character");
        }
    }

    private string Join(string first)
    {
        var whole = new StringBuilder();
        var isContinued = Append(whole, first);
        while (isContinued && _next < _lines.Length)
        {
            var line = _lines[_next++];
            var seen = line.AsSpan().Trim();
            if (seen.Length > 0 && seen[0] != '#')
            {
                isContinued = Append(whole, line);
            }
        }
        return whole.ToString();
    }

    // Two escapes at the end are a character of the line, not its continuation.
    private bool Append(StringBuilder whole, string line)
    {
        var end = line.AsSpan().TrimEnd();
        var isContinued = end.Length > 0 && end[^1] == Escape && (end.Length == 1 || end[^2] != Escape);
        whole.Append(isContinued ? end[..^1] : line.AsSpan().TrimEnd('\r'));
        return isContinued;
    }

    private LogicalLine Split(string whole)
    {
        var blank = 0;
        while (blank < whole.Length && !char.IsWhiteSpace(whole[blank]))
        {
            blank++;
        }
        var keyword = whole[..blank].ToUpperInvariant();
        var rest = whole[blank..].Trim();
        var takesHeredocs = keyword is "RUN" or "COPY" or "ADD" && JsonForm.TryRead(rest) is null;
        return new LogicalLine(Number, keyword, rest, takesHeredocs ? ReadHeredocs(rest) : []);
    }

    private List<Heredoc> ReadHeredocs(string rest)
    {
        List<Heredoc> heredocs = [];
        foreach (var word in Words.Split(rest, Escape))
        {
            if (!TryName(word, out var name, out var isIndented, out var expands))
            {
                continue;
            }
            if (OciCheck.HeredocsAreFew.Fails(heredocs.Count == DockerfileLimits.MostHeredocs))
            {
                throw new ImageError($"more than {DockerfileLimits.MostHeredocs} heredocs in one instruction");
            }
            heredocs.Add(new Heredoc(name, word, ReadContent(name, isIndented), expands));
        }
        return heredocs;
    }

    // [0-9]*<<-?NAME, NAME quoted or not and without another "<": "<<<" is the shell's own.
    private bool TryName(string word, out string name, out bool isIndented, out bool expands)
    {
        var start = word.AsSpan().TrimStart("0123456789").Length;
        var tail = word[^start..];
        (name, isIndented, expands) = ("", tail.StartsWith("<<-", StringComparison.Ordinal), true);
        if (!tail.StartsWith("<<", StringComparison.Ordinal))
        {
            return false;
        }
        var spelled = tail[(isIndented ? 3 : 2)..];
        if (spelled.Length == 0 || spelled.Contains('<', StringComparison.Ordinal))
        {
            return false;
        }
        name = Words.Unquote(spelled, Escape);
        expands = name == spelled;
        return name.Length > 0;
    }

    private string ReadContent(string name, bool isIndented)
    {
        var content = new StringBuilder();
        while (_next < _lines.Length)
        {
            var line = _lines[_next++];
            var seen = isIndented ? line.AsSpan().TrimStart('\t') : line;
            if (seen.TrimEnd('\r').SequenceEqual(name))
            {
                return content.ToString();
            }
            content.Append(seen).Append('\n');
        }
        throw new ImageError($"<<{name}: no line with {name} alone ends it");
    }
}
