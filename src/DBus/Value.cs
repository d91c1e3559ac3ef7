using System;
using System.Collections.Generic;
using System.Text;

namespace SharpRun.DBus;

/// <summary>A value with its D-Bus signature (D-Bus specification, "Type System"): "s", "t", "a(sv)".</summary>
public abstract record Value(string Signature)
{
    /// <summary>The text of a string, an object path or a signature; else null.</summary>
    public string? AsText() => (this as TextValue)?.Text;

    public static implicit operator Value(string text) => new TextValue(text);

    public static implicit operator Value(bool value) => new NumberValue('b', value ? 1u : 0u);

    public static Value UInt32(uint number) => new NumberValue('u', number);
}

/// <summary>A string (s), an object path (o) or a signature (g).</summary>
public sealed record TextValue(string Text, char Kind = 's') : Value(Kind.ToString());

/// <summary>Every type of a fixed size: y b n q i u x t d h. Negative numbers in two's complement, a double by its bits.</summary>
public sealed record NumberValue(char Kind, ulong Bits) : Value(Kind.ToString())
{
    /// <summary>Bytes on the wire, which is the alignment too; 0: no such type.</summary>
    public static int SizeOf(char kind) => kind switch
    {
        'y' => 1,
        'n' or 'q' => 2,
        'b' or 'i' or 'u' or 'h' => 4,
        'x' or 't' or 'd' => 8,
        _ => 0,
    };
}

public sealed record ArrayValue(string ElementSignature, IReadOnlyList<Value> Items) : Value("a" + ElementSignature);

public sealed record StructValue(IReadOnlyList<Value> Fields) : Value(SignatureOf(Fields))
{
    public StructValue(params Value[] fields)
        : this((IReadOnlyList<Value>)fields)
    {
    }

    private static string SignatureOf(IReadOnlyList<Value> fields)
    {
        var text = new StringBuilder("(");
        foreach (var field in fields)
        {
            text.Append(field.Signature);
        }
        return text.Append(')').ToString();
    }
}

/// <summary>A value that carries its own signature.</summary>
public sealed record VariantValue(Value Inner) : Value("v");

static class Signatures
{
    /// <summary>D-Bus specification, "Valid Signatures": 32 arrays and 32 structs deep at most; here of both together.</summary>
    public const int Deepest = 32;

    /// <summary>The first complete type of a signature: of "a(sv)s" it is "a(sv)".</summary>
    public static ReadOnlySpan<char> First(ReadOnlySpan<char> signature) => signature[..LengthOfFirst(signature, 0)];

    private static int LengthOfFirst(ReadOnlySpan<char> signature, int depth)
    {
        if (signature.IsEmpty || depth > Deepest)
        {
            throw new WireError("a signature ends too early, or is too deep");
        }
        switch (signature[0])
        {
            case 'a':
                return 1 + LengthOfFirst(signature[1..], depth + 1);
            case '(' or '{':
                var close = signature[0] == '(' ? ')' : '}';
                var length = 1;
                while (length < signature.Length && signature[length] != close)
                {
                    length += LengthOfFirst(signature[length..], depth + 1);
                }
                return length < signature.Length && length > 1 ? length + 1 : throw new WireError("a signature has an open or empty bracket");
            case 's' or 'o' or 'g' or 'v':
                return 1;
            default:
                return NumberValue.SizeOf(signature[0]) > 0 ? 1 : throw new WireError("a signature names an unknown type");
        }
    }

    public static int AlignmentOf(ReadOnlySpan<char> type) => type[0] switch
    {
        's' or 'o' or 'a' => 4,
        'g' or 'v' => 1,
        '(' or '{' => 8,
        var kind => NumberValue.SizeOf(kind),
    };
}
