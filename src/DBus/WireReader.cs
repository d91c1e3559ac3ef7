using System;
using System.Collections.Generic;
using System.Text;

namespace SharpRun.DBus;

/// <summary>Bytes as values, little-endian. Whatever is wrong is a <see cref="WireError"/>; what is read is never more than what came.</summary>
ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int At { get; private set; }

    public List<Value> Read(ReadOnlySpan<char> signature)
    {
        var values = new List<Value>();
        while (!signature.IsEmpty)
        {
            var type = Signatures.First(signature);
            values.Add(ReadOne(type, 0));
            signature = signature[type.Length..];
        }
        return values;
    }

    public void Align(int alignment)
    {
        while (At % alignment != 0)
        {
            if (Take(1)[0] != 0)
            {
                throw new WireError("padding that is not zero");
            }
        }
    }

    private Value ReadOne(ReadOnlySpan<char> type, int depth)
    {
        if (depth > Signatures.Deepest)
        {
            throw new WireError("a value is too deep");
        }
        Align(Signatures.AlignmentOf(type));
        switch (type[0])
        {
            case 's' or 'o':
                return new TextValue(Text((int)Math.Min(Number(4), int.MaxValue)), type[0]);
            case 'g':
                return new TextValue(Text((int)Number(1)), 'g');
            case 'v':
                var signature = Text((int)Number(1));
                return Signatures.First(signature).Length == signature.Length
                    ? new VariantValue(ReadOne(signature, depth + 1))
                    : throw new WireError("a variant has not one type");
            case 'a':
                return ReadArray(type[1..], depth);
            case '(' or '{':
                // An entry of a dictionary is a struct of two here.
                var fields = new List<Value>();
                for (var rest = type[1..^1]; !rest.IsEmpty;)
                {
                    var field = Signatures.First(rest);
                    fields.Add(ReadOne(field, depth + 1));
                    rest = rest[field.Length..];
                }
                return new StructValue((IReadOnlyList<Value>)fields);
            default:
                return new NumberValue(type[0], Number(NumberValue.SizeOf(type[0])));
        }
    }

    private ArrayValue ReadArray(ReadOnlySpan<char> element, int depth)
    {
        var length = Number(4);
        Align(Signatures.AlignmentOf(element));
        if (length > (ulong)(_bytes.Length - At))
        {
            throw new WireError("an array is longer than its message");
        }
        var end = At + (int)length;
        var items = new List<Value>();
        while (At < end)
        {
            items.Add(ReadOne(element, depth + 1));
        }
        return At == end ? new ArrayValue(element.ToString(), items) : throw new WireError("an array's length is not that of its elements");
    }

    private string Text(int length)
    {
        var text = Take(length);
        if (Take(1)[0] != 0)
        {
            throw new WireError("a string without its final zero");
        }
        return Encoding.UTF8.GetString(text);
    }

    private ulong Number(int size)
    {
        var number = 0UL;
        var raw = Take(size);
        for (var i = 0; i < size; i++)
        {
            number |= (ulong)raw[i] << (8 * i);
        }
        return number;
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length < 0 || length > _bytes.Length - At)
        {
            throw new WireError("a message ends too early");
        }
        At += length;
        return _bytes.Slice(At - length, length);
    }
}
