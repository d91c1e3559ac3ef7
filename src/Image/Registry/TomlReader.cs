using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using SharpRun.Oci;

namespace SharpRun.Image.Registry;

/// <summary>A table's own keys, in one place of the document. Values are string, bool, long or List of string.</summary>
sealed record TomlTable(string Name, bool IsElement, int Line)
{
    public Dictionary<string, (object Value, int Line)> Keys { get; } = [];
}

/// <summary>
/// As much of TOML 1.0 as registries.conf is written in: comments, [tables], [[arrays of tables]], bare and quoted keys; strings, booleans,
/// whole numbers and arrays of strings as values. Everything else is refused with its line.
/// </summary>
sealed class TomlReader
{
    private readonly string _file;
    private readonly string _text;
    private int _at;
    private int _line = 1;

    private TomlReader(string file, string text)
    {
        _file = file;
        _text = text;
    }

    /// <summary>The tables in their order; the first one has no name and holds the keys before all tables.</summary>
    public static List<TomlTable> Read(string file, string text) => new TomlReader(file, text).ReadTables();

    private List<TomlTable> ReadTables()
    {
        List<TomlTable> tables = [new TomlTable("", false, 1)];
        var named = new HashSet<string>();
        for (SkipBlank(acrossLines: true); _at < _text.Length; SkipBlank(acrossLines: true))
        {
            if (_text[_at] == '[')
            {
                var table = ReadHeader();
                if (!table.IsElement && !named.Add(table.Name))
                {
                    throw Wrong($"the table [{table.Name}] is there twice");
                }
                tables.Add(table);
            }
            else
            {
                ReadPair(tables[^1]);
            }
            SkipBlank(acrossLines: false);
            if (_at < _text.Length && _text[_at] != '\n')
            {
                throw Wrong($"unexpected '{_text[_at]}'");
            }
        }
        return tables;
    }

    private TomlTable ReadHeader()
    {
        var line = _line;
        var isElement = _text.AsSpan(_at).StartsWith("[[");
        _at += isElement ? 2 : 1;
        var name = ReadKey();
        Expect(isElement ? "]]" : "]");
        return new TomlTable(name, isElement, line);
    }

    private void ReadPair(TomlTable table)
    {
        var line = _line;
        var key = ReadKey();
        Expect("=");
        SkipBlank(acrossLines: false);
        if (!table.Keys.TryAdd(key, (ReadValue(), line)))
        {
            throw Wrong($"\"{key}\" is there twice");
        }
    }

    // Dotted keys come out with their dots; no key of registries.conf has one of its own.
    private string ReadKey()
    {
        var key = new StringBuilder();
        while (true)
        {
            SkipBlank(acrossLines: false);
            if (_at < _text.Length && _text[_at] is '"' or '\'')
            {
                key.Append(ReadString());
            }
            else
            {
                var start = _at;
                while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '-' or '_'))
                {
                    _at++;
                }
                if (_at == start)
                {
                    throw Wrong("a key is expected");
                }
                key.Append(_text, start, _at - start);
            }
            SkipBlank(acrossLines: false);
            if (_at >= _text.Length || _text[_at] != '.')
            {
                return key.ToString();
            }
            _at++;
            key.Append('.');
        }
    }

    private object ReadValue()
    {
        if (_at >= _text.Length)
        {
            throw Wrong("a value is expected");
        }
        switch (_text[_at])
        {
            case '"' or '\'':
                return ReadString();
            case '[':
                return ReadArray();
        }
        var start = _at;
        while (_at < _text.Length && !char.IsWhiteSpace(_text[_at]) && _text[_at] is not ('#' or ',' or ']'))
        {
            _at++;
        }
        var word = _text[start.._at];
        return word switch
        {
            "true" => true,
            "false" => false,
            _ => long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                ? number
                : throw Wrong($"the value \"{word}\" is neither a string in quotes, true, false, a whole number nor an array of strings"),
        };
    }

    private List<string> ReadArray()
    {
        List<string> elements = [];
        _at++;
        for (SkipBlank(acrossLines: true); !TryTake(']'); SkipBlank(acrossLines: true))
        {
            if (_at >= _text.Length || _text[_at] is not ('"' or '\''))
            {
                throw Wrong("a string or the array's end is expected");
            }
            elements.Add(ReadString());
            SkipBlank(acrossLines: true);
            if (!TryTake(',') && (_at >= _text.Length || _text[_at] != ']'))
            {
                throw Wrong("a comma or the array's end is expected");
            }
        }
        return elements;
    }

    private string ReadString()
    {
        var quote = _text[_at];
        if (_text.AsSpan(_at).StartsWith(quote == '"' ? "\"\"\"" : "'''"))
        {
            throw Wrong("strings of several lines are not supported");
        }
        var text = new StringBuilder();
        for (_at++; _at < _text.Length && _text[_at] != '\n'; _at++)
        {
            if (_text[_at] == quote)
            {
                _at++;
                return text.ToString();
            }
            text.Append(_text[_at] == '\\' && quote == '"' ? ReadEscape() : _text[_at]);
        }
        throw Wrong("a string has no end");
    }

    private char ReadEscape()
    {
        _at++;
        return (_at < _text.Length ? _text[_at] : '\0') switch
        {
            '"' => '"',
            '\\' => '\\',
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            _ => throw Wrong("an escape other than \\\" \\\\ \\t \\n \\r is not supported"),
        };
    }

    private void SkipBlank(bool acrossLines)
    {
        for (; _at < _text.Length; _at++)
        {
            if (_text[_at] == '#')
            {
                var end = _text.IndexOf('\n', _at);
                _at = end < 0 ? _text.Length : end;
            }
            if (_at >= _text.Length || !(_text[_at] is ' ' or '\t' or '\r' || (_text[_at] == '\n' && acrossLines)))
            {
                return;
            }
            _line += _text[_at] == '\n' ? 1 : 0;
        }
    }

    private bool TryTake(char character)
    {
        var isThere = _at < _text.Length && _text[_at] == character;
        _at += isThere ? 1 : 0;
        return isThere;
    }

    private void Expect(string text)
    {
        if (!_text.AsSpan(_at).StartsWith(text))
        {
            throw Wrong($"\"{text}\" is expected");
        }
        _at += text.Length;
    }

    private ImageError Wrong(string reason) => new($"read {_file}: line {_line}: {reason}");
}
