using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace SharpRun.Netlink;

/// <summary>The messages of one datagram, one after the other. What is cut off or says a wrong length ends the walk (<see cref="IsBroken"/>).</summary>
public ref struct MessageReader(ReadOnlySpan<byte> datagram)
{
    private ReadOnlySpan<byte> _rest = datagram;

    public ushort Type { get; private set; }

    public ushort Flags { get; private set; }

    public uint Sequence { get; private set; }

    /// <summary>Behind the header.</summary>
    public ReadOnlySpan<byte> Payload { get; private set; }

    public bool IsBroken { get; private set; }

    /// <summary>Of the first message of a datagram that is whole.</summary>
    public static uint FirstSequence(ReadOnlySpan<byte> datagram) => MemoryMarshal.Read<uint>(datagram[8..]);

    public bool Next()
    {
        if (_rest.Length < MessageWriter.HeaderLength)
        {
            IsBroken |= NetlinkCheck.NothingIsLeftOver.Fails(!_rest.IsEmpty);
            return false;
        }
        var length = MemoryMarshal.Read<uint>(_rest);
        if (NetlinkCheck.MessageHasItsHeader.Fails(length < MessageWriter.HeaderLength) || NetlinkCheck.MessageIsWhole.Fails(length > (uint)_rest.Length))
        {
            IsBroken = true;
            return false;
        }
        Type = MemoryMarshal.Read<ushort>(_rest[4..]);
        Flags = MemoryMarshal.Read<ushort>(_rest[6..]);
        Sequence = MemoryMarshal.Read<uint>(_rest[8..]);
        Payload = _rest[MessageWriter.HeaderLength..(int)length];
        _rest = _rest[Math.Min(((int)length + 3) & ~3, _rest.Length)..];
        return true;
    }
}

/// <summary>Attributes, one after the other; broken ones end the walk.</summary>
public ref struct AttributeReader(ReadOnlySpan<byte> attributes)
{
    // NLA_TYPE_MASK: without NLA_F_NESTED and NLA_F_NET_BYTEORDER.
    private const int TypeMask = 0x3FFF, NestedFlag = 0x8000;

    private ReadOnlySpan<byte> _rest = attributes;

    public int Type { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>It says that it holds attributes; most that do so in the kernel's answers say nothing.</summary>
    public bool IsNested { get; private set; }

    public readonly AttributeReader Inside => new(Value);

    /// <summary>Up to the final zero.</summary>
    public readonly string Text => Encoding.UTF8.GetString(Value.IndexOf((byte)0) is >= 0 and var end ? Value[..end] : Value);

    /// <summary>Zero when it is shorter.</summary>
    public readonly uint UInt32 => Has(4) ? MemoryMarshal.Read<uint>(Value) : 0;

    public readonly ushort UInt16 => Has(2) ? MemoryMarshal.Read<ushort>(Value) : (ushort)0;

    public readonly byte Byte => Has(1) ? Value[0] : (byte)0;

    public readonly ushort BigEndian16 => Has(2) ? BinaryPrimitives.ReadUInt16BigEndian(Value) : (ushort)0;

    public readonly uint BigEndian32 => Has(4) ? BinaryPrimitives.ReadUInt32BigEndian(Value) : 0;

    public readonly ulong BigEndian64 => Has(8) ? BinaryPrimitives.ReadUInt64BigEndian(Value) : 0;

    private readonly bool Has(int length) => NetlinkCheck.NumberIsWhole.Passes(Value.Length >= length);

    public bool Next()
    {
        if (_rest.Length < MessageWriter.AttributeHeaderLength)
        {
            return false;
        }
        var length = MemoryMarshal.Read<ushort>(_rest);
        if (NetlinkCheck.AttributeHasItsHeader.Fails(length < MessageWriter.AttributeHeaderLength) || NetlinkCheck.AttributeIsWhole.Fails(length > _rest.Length))
        {
            return false;
        }
        var type = MemoryMarshal.Read<ushort>(_rest[2..]);
        Type = type & TypeMask;
        IsNested = (type & NestedFlag) != 0;
        Value = _rest[MessageWriter.AttributeHeaderLength..length];
        _rest = _rest[Math.Min((length + 3) & ~3, _rest.Length)..];
        return true;
    }
}
