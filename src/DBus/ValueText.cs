using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace SharpRun.DBus;

/// <summary>
/// A value written as text, as `gdbus`, `busctl` and annotations have it (GLib's "GVariant Text Format"): 'text', true, 5 (an int32), 0.5,
/// uint64 5, [1, 2], ('a', true), &lt;'a'&gt;, @as []. Dictionaries, byte strings, object paths, signatures, handles and "maybe" values are
/// refused: no property of a unit has one, and a bus cuts the connection of who sends it a false one.
/// </summary>
public ref struct ValueText
{
    // Of lists and structs in each other; no property of a unit has more than three. The wire permits 32, with what is around the value.
    private const int Deepest = 16;

    private readonly ReadOnlySpan<char> _text;
    private int _at;

    private ValueText(string text) => _text = text;

    public static Value Parse(string text)
    {
        var reader = new ValueText(text);
        var value = reader.ReadWhole(0);
        reader.SkipBlanks();
        return reader._at == text.Length ? value : throw reader.Problem("nothing more is expected");
    }

    // One whose type the text decides, to become a variant.
    private Value ReadWhole(int depth)
    {
        var value = Read("", depth);
        return value.Signature.Length <= byte.MaxValue ? value : throw Problem("its type has more than 255 letters");
    }

    /// <summary>With the type that is expected, or "" when the text decides.</summary>
    private Value Read(string type, int depth)
    {
        if (depth > Deepest)
        {
            throw Problem("it is too deep");
        }
        SkipBlanks();
        switch (Peek())
        {
            case '\'' or '"':
                return ReadText(type);
            case '[':
                return ReadArray(type, depth);
            case '(':
                return ReadStruct(type, depth);
            case '<':
                Expect(type, "v");
                _at++;
                var inner = ReadWhole(depth + 1);
                Skip('>');
                return new VariantValue(inner);
            case '@':
                _at++;
                return ReadTyped(Signature(), type, depth);
            case (>= '0' and <= '9') or '-' or '+' or '.':
                return ReadNumber(type);
            default:
                return ReadWord(type, depth);
        }
    }

    private Value ReadTyped(string signature, string expected, int depth)
    {
        if (signature.Length == 0 || Signatures.First(signature).Length != signature.Length)
        {
            throw Problem("one type is expected after @");
        }
        Expect(expected, signature);
        return Read(signature, depth + 1);
    }

    private Value ReadWord(string type, int depth)
    {
        var word = Word();
        switch (word)
        {
            case "true" or "false":
                Expect(type, "b");
                return word == "true";
            case "inf" or "nan":
                _at -= word.Length;
                return ReadNumber(type);
        }
        var kind = word switch
        {
            "boolean" => "b",
            "byte" => "y",
            "int16" => "n",
            "uint16" => "q",
            "int32" => "i",
            "uint32" => "u",
            "int64" => "x",
            "uint64" => "t",
            "double" => "d",
            "string" => "s",
            _ => throw Problem("no value is written so"),
        };
        return ReadTyped(kind, type, depth);
    }

    private TextValue ReadText(string type)
    {
        Expect(type, "s");
        var quote = _text[_at++];
        var text = new StringBuilder();
        while (_at < _text.Length && _text[_at] != quote)
        {
            var c = _text[_at++];
            text.Append(c == '\\' ? ReadEscape() : c);
        }
        Skip(quote);
        if (text.ToString().Contains('\0', StringComparison.Ordinal))
        {
            throw Problem("a string cannot have a zero in it");
        }
        return new TextValue(text.ToString());
    }

    private char ReadEscape()
    {
        var c = _at < _text.Length ? _text[_at++] : throw Problem("it ends too early");
        if (c != 'u')
        {
            return c switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'a' => '\a', 'b' => '\b', 'f' => '\f', 'v' => '\v', _ => c };
        }
        if (_at + 4 > _text.Length || !ushort.TryParse(_text.Slice(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
        {
            throw Problem("four hexadecimal digits are expected");
        }
        _at += 4;
        return (char)code;
    }

    private ArrayValue ReadArray(string type, int depth)
    {
        if (type.Length > 0 && type[0] != 'a')
        {
            throw Problem($"a value of type {type} is expected");
        }
        var element = type.Length > 0 ? type[1..] : "";
        var items = new List<Value>();
        _at++;
        SkipBlanks();
        while (Peek() != ']')
        {
            // The first element says what the others are.
            items.Add(Read(element, depth + 1));
            element = items[0].Signature;
            SkipComma(']');
        }
        _at++;
        return element.Length > 0 ? new ArrayValue(element, items) : throw Problem("an empty list needs its type, such as @as []");
    }

    private StructValue ReadStruct(string type, int depth)
    {
        ReadOnlySpan<char> rest = default;
        if (type.Length > 0)
        {
            rest = type[0] == '(' ? type.AsSpan(1, type.Length - 2) : throw Problem($"a value of type {type} is expected");
        }
        var fields = new List<Value>();
        _at++;
        SkipBlanks();
        while (Peek() != ')')
        {
            var field = type.Length == 0 ? default : rest.IsEmpty ? throw Problem($"a value of type {type} is expected") : Signatures.First(rest);
            fields.Add(Read(field.ToString(), depth + 1));
            rest = rest[field.Length..];
            SkipComma(')');
        }
        _at++;
        return fields.Count > 0 && rest.IsEmpty ? new StructValue((IReadOnlyList<Value>)fields) : throw Problem("a struct has too few fields");
    }

    private NumberValue ReadNumber(string type)
    {
        var start = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '.' or '-' or '+'))
        {
            _at++;
        }
        var word = _text[start.._at];
        var isInteger = word.TrimStart('-').IndexOfAnyExceptInRange('0', '9') < 0 || word.TrimStart("+-").StartsWith("0x", StringComparison.Ordinal);
        var kind = type.Length == 0 ? (isInteger ? 'i' : 'd') : type[0];
        if (kind == 'd' && type.Length <= 1 && double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var real))
        {
            return new NumberValue('d', BitConverter.DoubleToUInt64Bits(real));
        }
        var (least, most) = Range(kind);
        if (type.Length > 1 || most == 0 || !TryInteger(word, out var number) || number < least || number > most)
        {
            throw Problem($"\"{word}\" is no value of type {(type.Length == 0 ? kind.ToString() : type)}");
        }
        return new NumberValue(kind, number < 0 ? unchecked((ulong)(long)number) : (ulong)number);
    }

    private static (Int128 Least, Int128 Most) Range(char kind) => kind switch
    {
        'y' => (0, byte.MaxValue),
        'n' => (short.MinValue, short.MaxValue),
        'q' => (0, ushort.MaxValue),
        'i' => (int.MinValue, int.MaxValue),
        'u' => (0, uint.MaxValue),
        'x' => (long.MinValue, long.MaxValue),
        't' => (0, ulong.MaxValue),
        _ => (0, 0),
    };

    private static bool TryInteger(ReadOnlySpan<char> word, out Int128 number)
    {
        var isHex = word.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return isHex
            ? Int128.TryParse(word[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
            : Int128.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
    }

    private string Word()
    {
        var start = _at;
        while (_at < _text.Length && char.IsAsciiLetterOrDigit(_text[_at]))
        {
            _at++;
        }
        return _text[start.._at].ToString();
    }

    private string Signature()
    {
        var start = _at;
        while (_at < _text.Length && !char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }
        return _text[start.._at].ToString();
    }

    private void SkipComma(char end)
    {
        SkipBlanks();
        if (Peek() != end)
        {
            Skip(',');
            SkipBlanks();
        }
    }

    private void Skip(char c)
    {
        SkipBlanks();
        _at = Peek() == c ? _at + 1 : throw Problem($"\"{c}\" is expected");
    }

    private readonly char Peek() => _at < _text.Length ? _text[_at] : throw Problem("it ends too early");

    private readonly void Expect(string type, string found)
    {
        if (type.Length > 0 && type != found)
        {
            throw Problem($"a value of type {type} is expected");
        }
    }

    private void SkipBlanks()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }
    }

    private readonly WireError Problem(string what) => new($"\"{_text}\" is no value: {what} (at {_at + 1})");
}
