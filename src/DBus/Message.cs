using System;
using System.Buffers.Binary;
using System.Collections.Generic;

namespace SharpRun.DBus;

public enum MessageKind : byte
{
    Call = 1, Reply = 2, Error = 3, Signal = 4,
}

/// <summary>One message (D-Bus specification, "Message Format"). Fields that a message does not have are empty.</summary>
public sealed record Message
{
    // byte order, kind, flags, version, length of the body, serial; then the fields as a(yv), padded to 8, and the body.
    public const int FixedLength = 16;
    private const byte LittleEndian = (byte)'l', Version = 1;
    private const int BodyLengthAt = 4, SerialAt = 8, FieldsLengthAt = 12;

    // The specification permits 128 MiB. No answer to a question of ours has a thousandth of that.
    public const int Longest = 1 << 20;

    private const int PathField = 1, InterfaceField = 2, MemberField = 3, ErrorField = 4, ReplySerialField = 5;
    private const int DestinationField = 6, SenderField = 7, SignatureField = 8;

    public required MessageKind Kind { get; init; }
    public uint Serial { get; init; }
    public uint ReplySerial { get; init; }
    public string Destination { get; init; } = "";

    /// <summary>The unique name of who has sent it, ":1.2": the bus writes it, and nobody else can.</summary>
    public string Sender { get; init; } = "";
    public string Path { get; init; } = "";
    public string Interface { get; init; } = "";
    public string Member { get; init; } = "";

    /// <summary>"org.freedesktop.DBus.Error.Timeout"; the first text of the body is a sentence.</summary>
    public string ErrorName { get; init; } = "";

    public IReadOnlyList<Value> Body { get; init; } = [];

    /// <summary>The body's value of this place as text; empty when it is none.</summary>
    public string TextAt(int index) => index < Body.Count ? Body[index].AsText() ?? "" : "";

    public byte[] ToBytes()
    {
        var body = new WireWriter();
        var signature = "";
        foreach (var value in Body)
        {
            body.Write(value);
            signature += value.Signature;
        }
        var message = new WireWriter();
        message.Raw([LittleEndian, (byte)Kind, 0, Version, 0, 0, 0, 0, 0, 0, 0, 0]);
        message.SetUInt32(BodyLengthAt, (uint)body.Length);
        message.SetUInt32(SerialAt, Serial);
        message.Write(new ArrayValue("(yv)", Fields(signature)));
        message.Align(8);
        message.Raw(body.Bytes);
        return message.Bytes.ToArray();
    }

    private List<Value> Fields(string signature)
    {
        var fields = new List<Value>(6);
        Add(PathField, new TextValue(Path, 'o'));
        Add(InterfaceField, new TextValue(Interface));
        Add(MemberField, new TextValue(Member));
        Add(ErrorField, new TextValue(ErrorName));
        Add(DestinationField, new TextValue(Destination));
        Add(SenderField, new TextValue(Sender));
        Add(SignatureField, new TextValue(signature, 'g'));
        if (ReplySerial != 0)
        {
            fields.Add(new StructValue(new NumberValue('y', ReplySerialField), new VariantValue(Value.UInt32(ReplySerial))));
        }
        return fields;

        void Add(int field, TextValue text)
        {
            if (text.Text.Length > 0)
            {
                fields.Add(new StructValue(new NumberValue('y', (byte)field), new VariantValue(text)));
            }
        }
    }

    /// <summary>How long the whole message is, from its first <see cref="FixedLength"/> bytes.</summary>
    public static int LengthOf(ReadOnlySpan<byte> start)
    {
        if (start[0] != LittleEndian || start[3] != Version)
        {
            throw new WireError("this is not a D-Bus message");
        }
        var fields = (ulong)BinaryPrimitives.ReadUInt32LittleEndian(start[FieldsLengthAt..]);
        var body = (ulong)BinaryPrimitives.ReadUInt32LittleEndian(start[BodyLengthAt..]);
        var length = FixedLength + ((fields + 7) & ~7UL) + body;
        return length <= Longest ? (int)length : throw new WireError($"a message of {length} bytes is too long");
    }

    public static Message Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < FixedLength || LengthOf(bytes) != bytes.Length)
        {
            throw new WireError("a message has not the length that it names");
        }
        var reader = new WireReader(bytes);
        var start = reader.Read("yyyyuua(yv)");
        reader.Align(8);
        var message = new Message { Kind = (MessageKind)bytes[1], Serial = BinaryPrimitives.ReadUInt32LittleEndian(bytes[SerialAt..]) };
        var signature = "";
        foreach (var field in ((ArrayValue)start[^1]).Items)
        {
            var number = (int)((NumberValue)((StructValue)field).Fields[0]).Bits;
            var value = ((VariantValue)((StructValue)field).Fields[1]).Inner;
            signature = number == SignatureField ? value.AsText() ?? "" : signature;
            message = message.WithField(number, value);
        }
        // A body's values are aligned from its own start, which is a multiple of 8.
        var body = new WireReader(bytes[reader.At..]);
        message = message with { Body = body.Read(signature) };
        return body.At == bytes.Length - reader.At ? message : throw new WireError("a message is longer than its values");
    }

    private Message WithField(int number, Value value) => number switch
    {
        PathField => this with { Path = value.AsText() ?? "" },
        InterfaceField => this with { Interface = value.AsText() ?? "" },
        MemberField => this with { Member = value.AsText() ?? "" },
        ErrorField => this with { ErrorName = value.AsText() ?? "" },
        DestinationField => this with { Destination = value.AsText() ?? "" },
        SenderField => this with { Sender = value.AsText() ?? "" },
        ReplySerialField => this with { ReplySerial = value is NumberValue { Kind: 'u' } serial ? (uint)serial.Bits : 0 },
        _ => this,
    };
}
