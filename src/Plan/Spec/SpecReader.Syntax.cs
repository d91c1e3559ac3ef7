using System;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace SharpRun.Planning;

// What can be said of the document before and without its meaning: size, encoding, syntax. Lines and columns count from 1.
public ref partial struct SpecReader
{
    /// <summary>64 MiB. A valid document of 50 MB is read; beyond this it is an attack or a mistake.</summary>
    public const int MaxLength = 64 * 1024 * 1024;

    private static void CheckBytes(ReadOnlySpan<byte> json)
    {
        if (json.Length > MaxLength)
        {
            throw new SpecError("", $"the document is larger than 64 MiB ({json.Length} bytes)");
        }
        // RFC 8259 lets a parser ignore a byte order mark; runc and crun refuse it, and so do we: two readers must not differ.
        if (json.StartsWith("\uFEFF"u8))
        {
            throw new SpecError("", "the document starts with a byte order mark; plain UTF-8 is expected");
        }
        if (!Utf8.IsValid(json))
        {
            throw At(json, FirstInvalid(json), "the byte is not valid UTF-8");
        }
        var nul = FirstNul(json);
        if (nul >= 0)
        {
            throw At(json, nul, "a string has a NUL character, which no path, name or argument can have");
        }
    }

    private static int FirstInvalid(ReadOnlySpan<byte> json)
    {
        var offset = 0;
        while (offset < json.Length && Rune.DecodeFromUtf8(json[offset..], out _, out var length) == System.Buffers.OperationStatus.Done)
        {
            offset += length;
        }
        return offset;
    }

    // A raw zero byte is a syntax error of JSON; what is left is the escape \u0000. A backslash before it, if not itself
    // escaped, makes it five harmless characters.
    private static int FirstNul(ReadOnlySpan<byte> json)
    {
        var escape = "\\u0000"u8;
        for (var start = 0; ;)
        {
            var found = json[start..].IndexOf(escape);
            if (found < 0)
            {
                return -1;
            }
            found += start;
            var backslashes = 0;
            while (found - backslashes > 0 && json[found - backslashes - 1] == '\\')
            {
                backslashes++;
            }
            if (backslashes % 2 == 0)
            {
                return found;
            }
            start = found + escape.Length;
        }
    }

    // The reader counts a level only from the token after its bracket on.
    private readonly int OpenLevels() => _reader.CurrentDepth + (_reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray ? 1 : 0);

    private static SpecError SyntaxError(ReadOnlySpan<byte> json, JsonException error, int openLevels)
    {
        var offset = OffsetOf(json, error.LineNumber ?? 0, error.BytePositionInLine ?? 0);
        if (offset >= json.Length)
        {
            return At(json, json.Length, json.IsEmpty ? "the document is empty" : "the document ends too early");
        }
        if (openLevels >= MaxDepth && json[offset] is (byte)'{' or (byte)'[')
        {
            return At(json, offset, $"the document is nested deeper than {MaxDepth} levels");
        }
        Rune.DecodeFromUtf8(json[offset..], out var rune, out _);
        return At(json, offset, Rune.IsControl(rune) ? $"the character U+{rune.Value:X4} is not valid JSON here" : $"\"{rune}\" is not valid JSON here");
    }

    private static int OffsetOf(ReadOnlySpan<byte> json, long line, long byteInLine)
    {
        var offset = 0;
        for (; line > 0; line--)
        {
            offset += json[offset..].IndexOf((byte)'\n') + 1;
        }
        return (int)Math.Min(offset + byteInLine, json.Length);
    }

    private static SpecError At(ReadOnlySpan<byte> json, int offset, string problem)
    {
        var before = json[..offset];
        var line = before.Count((byte)'\n') + 1;
        // Columns are characters, as editors count them: every byte that does not continue one.
        var column = 1;
        foreach (var b in before[(before.LastIndexOf((byte)'\n') + 1)..])
        {
            column += (b & 0xC0) == 0x80 ? 0 : 1;
        }
        return new SpecError("", $"line {line}, column {column}: {problem}");
    }
}
