using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace SharpRun.Netlink;

/// <summary>Netlink messages, one behind the other, as one datagram (linux/netlink.h). Numbers are the machine's, unless a name says big-endian.</summary>
public sealed class MessageWriter
{
    public const int HeaderLength = 16, AttributeHeaderLength = 4;

    // NLA_F_NESTED: nf_tables and newer rtnetlink attributes want to be told.
    private const ushort NestedFlag = 0x8000;

    private byte[] _bytes = new byte[1024];
    private int _length;
    private int _message = -1;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Begins struct nlmsghdr; the one before is ended.</summary>
    public MessageWriter Begin(ushort type, ushort flags, uint sequence)
    {
        End();
        _message = _length;
        var header = Take(HeaderLength);
        MemoryMarshal.Write(header[4..], type);
        MemoryMarshal.Write(header[6..], flags);
        MemoryMarshal.Write(header[8..], sequence);
        return this;
    }

    /// <summary>Writes the length of the last message into its header. To be called once at the end.</summary>
    public MessageWriter End()
    {
        if (_message >= 0)
        {
            MemoryMarshal.Write(_bytes.AsSpan(_message), (uint)(_length - _message));
        }
        return this;
    }

    /// <summary>More flags in the header of the last message.</summary>
    public MessageWriter AddFlags(ushort flags)
    {
        if (_message >= 0)
        {
            var header = _bytes.AsSpan(_message + 6);
            MemoryMarshal.Write(header, (ushort)(MemoryMarshal.Read<ushort>(header) | flags));
        }
        return this;
    }

    public void Clear() => (_length, _message) = (0, -1);

    /// <summary>A struct of the kernel's that stands behind the header or in an attribute, padded to four bytes.</summary>
    public MessageWriter Struct<T>(T value)
        where T : unmanaged
    {
        MemoryMarshal.Write(Take(Marshal.SizeOf<T>()), value);
        return this;
    }

    public MessageWriter Bytes4(uint value)
    {
        MemoryMarshal.Write(Take(4), value);
        return this;
    }

    public MessageWriter Attribute(int type, ReadOnlySpan<byte> value)
    {
        var header = Take(AttributeHeaderLength + value.Length);
        MemoryMarshal.Write(header, (ushort)(AttributeHeaderLength + value.Length));
        MemoryMarshal.Write(header[2..], (ushort)type);
        value.CopyTo(header[AttributeHeaderLength..]);
        return this;
    }

    /// <summary>Text with its final zero.</summary>
    public MessageWriter Attribute(int type, string text) => Attribute(type, Encoding.UTF8.GetBytes(text + "\0"));

    public MessageWriter Flag(int type) => Attribute(type, ReadOnlySpan<byte>.Empty);

    public MessageWriter Byte(int type, byte value) => Attribute(type, [value]);

    public MessageWriter UInt16(int type, ushort value) => Attribute(type, BitConverter.GetBytes(value));

    public MessageWriter UInt32(int type, uint value) => Attribute(type, BitConverter.GetBytes(value));

    public MessageWriter BigEndian16(int type, ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        return Attribute(type, bytes);
    }

    public MessageWriter BigEndian32(int type, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return Attribute(type, bytes);
    }

    public MessageWriter BigEndian64(int type, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return Attribute(type, bytes);
    }

    /// <summary>An attribute that holds attributes, written by a function so that none stays open.</summary>
    public MessageWriter Nest(int type, Action<MessageWriter> inside)
    {
        var start = _length;
        Take(AttributeHeaderLength);
        inside(this);
        MemoryMarshal.Write(_bytes.AsSpan(start), (ushort)(_length - start));
        MemoryMarshal.Write(_bytes.AsSpan(start + 2), (ushort)(type | NestedFlag));
        return this;
    }

    /// <summary>An attribute that holds attributes which are written already.</summary>
    public MessageWriter Nested(int type, ReadOnlySpan<byte> attributes) => Attribute(type | NestedFlag, attributes);

    // Zeroed room, up to the next multiple of four.
    private Span<byte> Take(int length)
    {
        var room = (length + 3) & ~3;
        if (_length + room > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + room));
        }
        var taken = _bytes.AsSpan(_length, room);
        taken.Clear();
        _length += room;
        return taken[..length];
    }
}
