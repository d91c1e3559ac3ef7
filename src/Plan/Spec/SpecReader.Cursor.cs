using System;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace SharpRun.Planning;

// The reader's hands: where we are in the document, and one value at a time, of the type that is expected or not at all.
// Reading an object is `if (BeginObject()) { ulong seen = 0; while (NextKey()) { if (Key("name", ref seen)) ... else Other(...); } }`.
public ref partial struct SpecReader
{
    private const int MaxDepth = 64;

    // One step of the path: a property, or an element when Name is null. Only an error turns the steps into text.
    private struct Segment
    {
        public string? Name;
        public int Index;
    }

    // Deeper than any object we look into; what is skipped takes no segment.
    [InlineArray(12)]
    private struct Segments
    {
        Segment _first;
    }

    /// <summary>False when the value is null, which means absent.</summary>
    private bool BeginObject() => Begin(JsonTokenType.StartObject, "an object");

    private bool BeginArray() => Begin(JsonTokenType.StartArray, "an array");

    private bool Begin(JsonTokenType start, string expected)
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return false;
        }
        if (_reader.TokenType != start)
        {
            throw WrongType(expected);
        }
        _path[_depth++] = new Segment { Index = -1 };
        return true;
    }

    private bool NextKey()
    {
        _reader.Read();
        if (_reader.TokenType == JsonTokenType.EndObject)
        {
            _depth--;
            return false;
        }
        // Between two properties the path is that of the object.
        _path[_depth - 1] = new Segment { Index = -1 };
        _key = _reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(CurrentText()) : _reader.ValueSpan;
        _compared = 0;
        return true;
    }

    private bool NextElement()
    {
        _path[_depth - 1].Index++;
        _reader.Read();
        if (_reader.TokenType == JsonTokenType.EndArray)
        {
            _depth--;
            return false;
        }
        return true;
    }

    /// <summary>Is the current property this one? If so the value is next. A second one of the same name, and another letter case, are errors:
    /// readers that pick either of two see a different container in the same file.</summary>
    private bool Key(string name, ref ulong seen)
    {
        var bit = 1UL << _compared++;
        if (_key.Length != name.Length || !Ascii.EqualsIgnoreCase(_key, name))
        {
            return false;
        }
        if (!Ascii.Equals(_key, name))
        {
            throw Problem($"\"{Encoding.UTF8.GetString(_key)}\" is not the property \"{name}\": letter case matters");
        }
        if ((seen & bit) != 0)
        {
            throw Problem($"\"{name}\" is given twice");
        }
        seen |= bit;
        EnterProperty(name);
        return true;
    }

    /// <summary>The current property's name, for maps whose keys are data; the value is next.</summary>
    private string AnyKey()
    {
        var name = Encoding.UTF8.GetString(_key);
        EnterProperty(name);
        return name;
    }

    private void EnterProperty(string name)
    {
        _path[_depth - 1] = new Segment { Name = name };
        _reader.Read();
    }

    /// <summary>Null when the value is null, or empty: an empty text asks for nothing wherever a text is optional.</summary>
    private string? Text()
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }
        var text = RequiredText();
        return text.Length == 0 ? null : text;
    }

    private string RequiredText() =>
        _reader.TokenType == JsonTokenType.String ? CurrentText() : throw WrongType("a string");

    private string CurrentText()
    {
        try
        {
            return _reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // The bytes are valid UTF-8 (checked before), so only an escape can be wrong: half of a surrogate pair.
            throw Problem("the text has half of a surrogate pair");
        }
    }

    private bool Flag() => _reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False or JsonTokenType.Null => false,
        _ => throw WrongType("true or false"),
    };

    private long? Integer(long least, long most)
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }
        if (_reader.TokenType != JsonTokenType.Number)
        {
            throw WrongType("a number");
        }
        return _reader.TryGetInt64(out var value) && value >= least && value <= most ? value : throw OutOfRange($"{least}", $"{most}");
    }

    private ulong? Unsigned()
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }
        if (_reader.TokenType != JsonTokenType.Number)
        {
            throw WrongType("a number");
        }
        return _reader.TryGetUInt64(out var value) ? value : throw OutOfRange("0", $"{ulong.MaxValue}");
    }

    /// <summary>A uid or gid: 4294967295 is (uid_t)-1, which the kernel takes for "leave as it is" (R21).</summary>
    private uint? Id() => (uint?)Integer(0, uint.MaxValue - 1);

    private readonly SpecError Problem(string problem) => new(PathText(), problem);

    private readonly SpecError Missing(string name) => new(_depth == 0 ? name : $"{PathText()}.{name}", "the property is missing");

    private readonly SpecError WrongType(string expected) => Problem($"{expected} is expected, found {Found()}");

    private readonly SpecError OutOfRange(string least, string most)
    {
        var digits = Encoding.UTF8.GetString(_reader.ValueSpan);
        return Problem($"a whole number from {least} to {most} is expected, found {(digits.Length > 40 ? digits[..40] + "..." : digits)}");
    }

    private readonly string Found() => _reader.TokenType switch
    {
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        _ => "null",
    };

    private readonly string PathText()
    {
        var text = new StringBuilder();
        for (var i = 0; i < _depth; i++)
        {
            var segment = _path[i];
            if (segment.Name is null)
            {
                text.Append(segment.Index < 0 ? "" : $"[{segment.Index}]");
            }
            else
            {
                text.Append(text.Length == 0 ? "" : ".").Append(segment.Name);
            }
        }
        return text.ToString();
    }
}
