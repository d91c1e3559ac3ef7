using System;
using System.Linq;
using Xunit;

namespace SharpRun.DBus.Tests;

/// <summary>Messages against bytes worked out by hand from the D-Bus specification, there and back.</summary>
public sealed class MessageTests
{
    // Hello, as the first message of every client.
    private static readonly byte[] s_hello =
    [
        (byte)'l', 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 109, 0, 0, 0,
        1, 1, (byte)'o', 0, 21, 0, 0, 0, .. "/org/freedesktop/DBus\0"u8, 0, 0,
        2, 1, (byte)'s', 0, 20, 0, 0, 0, .. "org.freedesktop.DBus\0"u8, 0, 0, 0,
        3, 1, (byte)'s', 0, 5, 0, 0, 0, .. "Hello\0"u8, 0, 0,
        6, 1, (byte)'s', 0, 20, 0, 0, 0, .. "org.freedesktop.DBus\0"u8, 0, 0, 0,
    ];

    private static Message Hello => new()
    {
        Kind = MessageKind.Call,
        Serial = 1,
        Path = "/org/freedesktop/DBus",
        Interface = "org.freedesktop.DBus",
        Member = "Hello",
        Destination = "org.freedesktop.DBus",
    };

    [Fact]
    public void A_call_has_the_bytes_of_the_specification() => Assert.Equal(s_hello, Hello.ToBytes());

    [Fact]
    public void And_is_read_back() => AssertSame(Hello, Message.Parse(s_hello));

    [Fact]
    public void Every_type_goes_there_and_back()
    {
        var body = new Value[]
        {
            new NumberValue('y', 7), "text ü", true, new NumberValue('n', 0xFFFF), new NumberValue('q', 1), new NumberValue('i', 0xFFFFFFFF),
            Value.UInt32(9), new NumberValue('x', ulong.MaxValue), new NumberValue('t', ulong.MaxValue), new NumberValue('d', BitConverter.DoubleToUInt64Bits(0.5)),
            new TextValue("/a/b", 'o'), new TextValue("a(sv)", 'g'), new VariantValue(new ArrayValue("y", [new NumberValue('y', 255)])),
            new ArrayValue("(sv)", [new StructValue("a", new VariantValue(true)), new StructValue("bc", new VariantValue(new NumberValue('t', 5)))]),
            new ArrayValue("t", []), new ArrayValue("(sa(sv))", []), new ArrayValue("a(ss)", [new ArrayValue("(ss)", [])]),
        };
        var message = Hello with { Kind = MessageKind.Reply, ReplySerial = 4, Body = body };
        AssertSame(message, Message.Parse(message.ToBytes()));
    }

    [Fact]
    public void An_arrays_length_leaves_the_padding_before_its_first_element_out()
    {
        var bytes = (Hello with { Body = [Value.UInt32(1), new ArrayValue("t", [new NumberValue('t', 2)])] }).ToBytes();
        // 1, then the length 8 at offset 4, then the number at offset 8: nothing to pad; with a struct before it there is.
        Assert.Equal([1, 0, 0, 0, 8, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0], bytes[^16..]);
        bytes = (Hello with { Body = [new ArrayValue("t", [new NumberValue('t', 2)])] }).ToBytes();
        Assert.Equal([8, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0], bytes[^16..]);
    }

    [Fact]
    public void An_error_has_its_name_and_a_sentence()
    {
        var message = Message.Parse(new Message { Kind = MessageKind.Error, Serial = 2, ReplySerial = 1, ErrorName = "a.b", Body = ["why"] }.ToBytes());
        Assert.Equal(("a.b", "why", 1u, ""), (message.ErrorName, message.TextAt(0), message.ReplySerial, message.TextAt(1)));
    }

    [Fact]
    public void A_message_that_is_cut_short_is_refused_at_any_byte()
    {
        var bytes = (Hello with { Body = ["x", new VariantValue("y")] }).ToBytes();
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<WireError>(() => Message.Parse(bytes.AsSpan(0, length)));
        }
    }

    [Theory]
    [InlineData(0, 'B')] // big-endian: not on this machine
    [InlineData(3, 2)] // version
    [InlineData(4, 1)] // one byte of body, which is not there
    [InlineData(7, 255)] // a body of 4 GB
    [InlineData(15, 255)] // fields of 4 GB
    [InlineData(18, 'a')] // the type of a field
    [InlineData(17, 200)] // the length of a field's signature
    [InlineData(47, 1)] // padding
    public void One_wrong_byte_is_refused(int at, int value)
    {
        var bytes = s_hello.ToArray();
        bytes[at] = (byte)value;
        Assert.Throws<WireError>(() => Message.Parse(bytes));
    }

    [Fact]
    public void A_body_deeper_than_the_specification_permits_is_refused()
    {
        Value value = "x";
        for (var i = 0; i < 70; i++)
        {
            value = new VariantValue(value);
        }
        Assert.Throws<WireError>(() => Message.Parse((Hello with { Body = [value] }).ToBytes()));
        Assert.Throws<WireError>(() => Message.Parse((Hello with { Body = [new ArrayValue(new string('a', 60) + "s", [])] }).ToBytes()));
    }

    [Fact]
    public void The_longest_message_has_a_megabyte()
    {
        Assert.Equal(s_hello.Length, Message.LengthOf(s_hello));
        var bytes = s_hello.ToArray();
        bytes[6] = 0x20;
        Assert.Equal("a message of 2097280 bytes is too long", Assert.Throws<WireError>(() => Message.LengthOf(bytes)).Message);
    }

    private static void AssertSame(Message wanted, Message found) => Assert.Equal(wanted.ToBytes(), found.ToBytes());
}
