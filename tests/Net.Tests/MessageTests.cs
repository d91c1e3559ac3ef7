using System;
using SharpRun.Netlink;
using Xunit;

namespace SharpRun.Net.Tests;

public sealed class MessageTests
{
    [Fact]
    public void What_is_written_is_read()
    {
        var writer = new MessageWriter().Begin(16, 5, 7).Bytes4(42).Nest(18, inside => inside.Attribute(1, "bridge").Flag(2)).Begin(17, 0, 8).End();
        var reader = new MessageReader(writer.Bytes);
        Assert.True(reader.Next());
        Assert.Equal((16, 5, 7u), (reader.Type, reader.Flags, reader.Sequence));
        var attributes = new AttributeReader(reader.Payload[4..]);
        Assert.True(attributes.Next());
        Assert.Equal(18, attributes.Type);
        var inside = attributes.Inside;
        Assert.True(inside.Next());
        Assert.Equal("bridge", inside.Text);
        Assert.True(inside.Next());
        Assert.Equal((2, 0), (inside.Type, inside.Value.Length));
        Assert.False(inside.Next());
        Assert.True(reader.Next());
        Assert.Equal((17, 0), (reader.Type, reader.Payload.Length));
        Assert.False(reader.Next());
        Assert.False(reader.IsBroken);
    }

    [Fact]
    public void What_is_cut_off_is_broken()
    {
        var bytes = new MessageWriter().Begin(16, 5, 7).Attribute(1, "text").End().Bytes;
        var reader = new MessageReader(bytes[..^1]);
        Assert.False(reader.Next());
        Assert.True(reader.IsBroken);
    }

    // mutant: NetlinkCheck.NothingIsLeftOver
    [Fact]
    public void What_is_left_over_is_broken()
    {
        var reader = new MessageReader([.. new MessageWriter().Begin(16, 5, 7).End().Bytes, 0, 0, 0]);
        Assert.True(reader.Next());
        Assert.False(reader.Next());
        Assert.True(reader.IsBroken);
    }

    // mutant: NetlinkCheck.MessageHasItsHeader NetlinkCheck.MessageIsWhole
    [Theory]
    [InlineData(15)]
    [InlineData(17)]
    [InlineData(-1)]
    public void A_message_has_the_length_that_it_says(int length)
    {
        var bytes = new MessageWriter().Begin(16, 5, 7).End().Bytes.ToArray();
        BitConverter.TryWriteBytes(bytes, length);
        var reader = new MessageReader(bytes);
        Assert.False(reader.Next());
        Assert.True(reader.IsBroken);
    }

    // mutant: NetlinkCheck.AttributeHasItsHeader NetlinkCheck.AttributeIsWhole
    [Theory]
    [InlineData(3)]
    [InlineData(9)]
    public void An_attribute_has_the_length_that_it_says(byte length) => Assert.False(new AttributeReader([length, 0, 1, 0, 1, 2, 3, 4]).Next());

    // mutant: NetlinkCheck.NumberIsWhole
    [Fact]
    public void A_number_that_is_cut_off_is_zero()
    {
        var reader = new AttributeReader(new MessageWriter().Attribute(1, [1, 2, 3]).Flag(2).Bytes);
        Assert.True(reader.Next());
        Assert.Equal((0x0201, 0u, 0u, 0ul), (reader.UInt16, reader.UInt32, reader.BigEndian32, reader.BigEndian64));
        Assert.True(reader.Next());
        Assert.Equal((0, 0), (reader.UInt16, reader.Byte));
    }
}
