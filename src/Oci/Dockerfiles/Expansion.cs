using System;
using System.Text;

namespace SharpRun.Oci.Dockerfiles;

/// <summary>
/// Puts variables into a word and takes its quotes and escapes off, as docker does: $x ${x} ${x:-d} ${x-d} ${x:+a} ${x+a} ${x:?e} ${x?e}; nothing
/// inside of single quotes. What is not set is empty. The patterns of newer frontends (${x#p} ${x%p} ${x/a/b}) are refused.
/// </summary>
ref struct Expansion
{
    private readonly ReadOnlySpan<char> _word;
    private readonly char _escape;
    private readonly Func<string, string?> _lookUp;
    private readonly StringBuilder _result = new();
    private int _at, _depth;

    private Expansion(string word, char escape, Func<string, string?> lookUp)
    {
        _word = word;
        _escape = escape;
        _lookUp = lookUp;
    }

    /// <summary>Throws ImageError about quotes or braces that are not closed, and about what is too long.</summary>
    public static string Of(string word, char escape, Func<string, string?> lookUp)
    {
        if (word.AsSpan().IndexOfAny("$'\"") < 0 && !word.Contains(escape, StringComparison.Ordinal))
        {
            return word;
        }
        var expansion = new Expansion(word, escape, lookUp);
        expansion.Until('\0');
        return expansion._result.ToString();
    }

    /// <summary>Of a heredoc: quotes are letters like others, and an escape protects only $ and itself.</summary>
    public static string OfHeredoc(string content, char escape, Func<string, string?> lookUp)
    {
        var expansion = new Expansion(content, escape, lookUp);
        while (expansion._at < content.Length)
        {
            var letter = content[expansion._at];
            if (letter == escape && expansion._at + 1 < content.Length && (content[expansion._at + 1] is '$' || content[expansion._at + 1] == escape))
            {
                expansion._result.Append(content[expansion._at + 1]);
                expansion._at += 2;
            }
            else if (letter == '$')
            {
                expansion.Variable();
            }
            else
            {
                expansion._result.Append(letter);
                expansion._at++;
            }
        }
        return expansion._result.ToString();
    }

    private void Until(char end)
    {
        while (_at < _word.Length)
        {
            var letter = _word[_at];
            if (letter == end && end != '\0')
            {
                _at++;
                return;
            }
            switch (letter)
            {
                case '\'':
                    SingleQuoted();
                    break;
                case '"':
                    DoubleQuoted();
                    break;
                case '$':
                    Variable();
                    break;
                default:
                    // A last escape alone is dropped.
                    _at += letter == _escape ? 1 : 0;
                    Append(_at < _word.Length ? _word[_at..(_at + 1)] : []);
                    _at++;
                    break;
            }
        }
        if (end != '\0')
        {
            throw NotClosed("brace");
        }
    }

    private void SingleQuoted()
    {
        var length = _word[(_at + 1)..].IndexOf('\'');
        if (length < 0)
        {
            throw NotClosed("single quote");
        }
        Append(_word.Slice(_at + 1, length));
        _at += length + 2;
    }

    private void DoubleQuoted()
    {
        _at++;
        while (_at < _word.Length)
        {
            var letter = _word[_at];
            if (letter == '"')
            {
                _at++;
                return;
            }
            if (letter == '$')
            {
                Variable();
                continue;
            }
            if (letter == _escape && _at + 1 < _word.Length && (_word[_at + 1] is '"' or '$' || _word[_at + 1] == _escape))
            {
                _at++;
            }
            Append(_word[_at..(_at + 1)]);
            _at++;
        }
        throw NotClosed("double quote");
    }

    private void Variable()
    {
        _at++;
        if (_at == _word.Length || _word[_at] != '{')
        {
            var name = Name();
            Append(name.Length == 0 ? "$" : _lookUp(name));
            return;
        }
        _at++;
        var braced = Name();
        if (braced.Length == 0)
        {
            throw new ImageError($"{Quoted()}: a name is expected behind \"${{\"");
        }
        if (OciCheck.VariablesAreShallow.Fails(++_depth > DockerfileLimits.DeepestVariable))
        {
            throw new ImageError($"variables stand more than {DockerfileLimits.DeepestVariable} deep in one another");
        }
        Modified(braced);
        _depth--;
    }

    private void Modified(string name)
    {
        var value = _lookUp(name);
        var colon = _at < _word.Length && _word[_at] == ':';
        _at += colon ? 1 : 0;
        var modifier = _at < _word.Length ? _word[_at++] : throw NotClosed("brace");
        if (modifier == '}' && !colon)
        {
            Append(value);
            return;
        }
        if (OciCheck.ModifierIsKnown.Fails(modifier is not ('-' or '+' or '?')))
        {
            throw new ImageError($"{Quoted()}: ${{{name}{(colon ? ":" : "")}{modifier}…}} is not supported");
        }
        var isThere = colon ? !string.IsNullOrEmpty(value) : value is not null;
        var before = _result.Length;
        Until('}');
        var other = _result.ToString(before, _result.Length - before);
        if (modifier == '?' && !isThere)
        {
            throw new ImageError($"{name}: {(other.Length > 0 ? other : "is not set")}");
        }
        var keepsOther = modifier == '-' ? !isThere : modifier == '+' && isThere;
        if (!keepsOther)
        {
            _result.Length = before;
            Append(modifier == '+' ? "" : value);
        }
    }

    // A letter or _ and what may follow; digits; or one of the shell's own variables, none of which is ever set here.
    private string Name()
    {
        var start = _at;
        if (_at < _word.Length && (char.IsAsciiLetter(_word[_at]) || _word[_at] == '_'))
        {
            while (_at < _word.Length && (char.IsAsciiLetterOrDigit(_word[_at]) || _word[_at] == '_'))
            {
                _at++;
            }
        }
        else if (_at < _word.Length && char.IsAsciiDigit(_word[_at]))
        {
            while (_at < _word.Length && char.IsAsciiDigit(_word[_at]))
            {
                _at++;
            }
        }
        else if (_at < _word.Length && _word[_at] is '@' or '*' or '#' or '?' or '-' or '$' or '!')
        {
            _at++;
        }
        return _word[start.._at].ToString();
    }

    private readonly void Append(ReadOnlySpan<char> text)
    {
        if (OciCheck.ExpandedWordIsShort.Fails(_result.Length + text.Length > DockerfileLimits.LongestWord))
        {
            throw new ImageError($"a word is longer than {DockerfileLimits.LongestWord} characters when its variables are put in");
        }
        _result.Append(text);
    }

    private readonly ImageError NotClosed(string what) => new($"{Quoted()}: a {what} is not closed");

    private readonly string Quoted() => _word.Length <= 60 ? $"\"{_word}\"" : $"\"{_word[..60]}…\"";
}
