using System;
using System.Buffers.Binary;
using System.Text;

namespace SharpRun.DBus;

/// <summary>Values as bytes, little-endian, each at a multiple of its alignment (D-Bus specification, "Marshaling").</summary>
sealed class WireWriter
{
    private byte[] _bytes = new byte[512];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    public void Write(Value value)
    {
        switch (value)
        {
            case TextValue { Kind: 'g' } signature:
                WriteSignature(signature.Text);
                break;
            case TextValue text:
                WriteText(text.Text);
                break;
            case NumberValue number:
                WriteNumber(number.Bits, NumberValue.SizeOf(number.Kind));
                break;
            case ArrayValue array:
                WriteArray(array);
                break;
            case StructValue structure:
                Align(8);
                foreach (var field in structure.Fields)
                {
                    Write(field);
                }
                break;
            case VariantValue variant:
                WriteSignature(variant.Inner.Signature);
                Write(variant.Inner);
                break;
            default:
                throw new WireError($"a value of type {value.Signature} cannot be written");
        }
    }

    public void Align(int alignment)
    {
        var padded = (Length + alignment - 1) / alignment * alignment;
        Room(padded - Length).Clear();
    }

    public void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Room(bytes.Length));

    public void SetUInt32(int at, uint number) => BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(at), number);

    private void WriteNumber(ulong bits, int size)
    {
        Align(size);
        var room = Room(size);
        for (var i = 0; i < size; i++)
        {
            room[i] = (byte)(bits >> (8 * i));
        }
    }

    private void WriteText(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        WriteNumber((uint)length, 4);
        Encoding.UTF8.GetBytes(text, Room(length));
        Room(1)[0] = 0;
    }

    private void WriteSignature(string signature)
    {
        if (signature.Length > byte.MaxValue)
        {
            throw new WireError("a signature is longer than 255 letters");
        }
        Room(1)[0] = (byte)signature.Length;
        Encoding.ASCII.GetBytes(signature, Room(signature.Length));
        Room(1)[0] = 0;
    }

    // The length counts from the first element on, without the padding before it.
    private void WriteArray(ArrayValue array)
    {
        WriteNumber(0, 4);
        var lengthAt = Length - 4;
        Align(Signatures.AlignmentOf(array.ElementSignature));
        var start = Length;
        foreach (var item in array.Items)
        {
            Write(item);
        }
        SetUInt32(lengthAt, (uint)(Length - start));
    }

    private Span<byte> Room(int length)
    {
        if (Length + length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + length));
        }
        Length += length;
        return _bytes.AsSpan(Length - length, length);
    }
}
