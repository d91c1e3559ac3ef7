using SharpRun.Cli;
using SharpRun.CommandLine;
using Xunit;

namespace SharpRun.Tests;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("67108864", 67108864)]
    [InlineData("5b", 5)]
    [InlineData("1k", 1024)]
    [InlineData("1K", 1024)]
    [InlineData("64M", 64L << 20)]
    [InlineData("64mb", 64L << 20)]
    [InlineData("64MiB", 64L << 20)]
    [InlineData("64 m", 64L << 20)]
    [InlineData("1.5g", 3L << 29)]
    [InlineData("2t", 2L << 40)]
    [InlineData("1p", 1L << 50)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("8191p", 8191L << 50)]
    public void Amounts_are_read(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out var read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("m")]
    [InlineData("-1")]
    [InlineData("-5m")]
    [InlineData("64x")]
    [InlineData("64mx")]
    [InlineData("64bb")]
    [InlineData("64bib")]
    [InlineData("64  m")]
    [InlineData("64m ")]
    [InlineData("1.2.3")]
    [InlineData(".")]
    [InlineData("0x10")]
    [InlineData("1e3")]
    [InlineData("9223372036854775808")]
    [InlineData("8192p")]
    [InlineData("99999999999999999999999999999999999999")]
    public void Anything_else_is_not(string text) => Assert.False(ByteSize.TryParse(text, out _));
}
