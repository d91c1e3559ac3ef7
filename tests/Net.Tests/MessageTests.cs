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
}
