using System;
using System.Text;
using Xunit;

namespace SharpRun.Planning.Tests;

/// <summary>Whatever the bytes are: a Spec or a SpecError, and nothing else.</summary>
public sealed class MutationTests
{
    private static readonly byte[] s_document = SpecDocument.Write(rootless: false, cgroupNamespace: true, 0, 0);

    private static readonly byte[][] s_documents = [s_document, Encoding.UTF8.GetBytes(Bundle.Minimal), Encoding.UTF8.GetBytes(Escaped)];

    private const string Escaped = """
        {"ociVersion":"1.0.0","root":{"p\u0061th":"r\ud83d\ude00\\"},"annotations":{"ä":"\u00e4\n"},"x":[1.5e3,-0,null,true,{"y":[]}]}
        """;

    private static bool IsAnswered(ReadOnlySpan<byte> json)
    {
        try
        {
            SpecRules.Check(SpecReader.Read(json, static _ => { }));
            return true;
        }
        catch (SpecError error)
        {
            Assert.StartsWith("config.json: ", error.Message, StringComparison.Ordinal);
            return false;
        }
    }

    [Fact]
    public void Every_prefix_is_answered()
    {
        foreach (var document in s_documents)
        {
            var end = document.AsSpan().TrimEnd(" \r\n\t"u8).Length;
            for (var length = 0; length < end; length++)
            {
                Assert.False(IsAnswered(document.AsSpan(0, length)), $"the first {length} bytes were read as a whole document");
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_changes_are_answered(int seed)
    {
        var random = new Random(seed);
        var read = 0;
        for (var round = 0; round < 500; round++)
        {
            var bytes = (byte[])s_documents[random.Next(s_documents.Length)].Clone();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                // Half of them are characters that JSON is made of: they reach further than noise.
                bytes[random.Next(bytes.Length)] = random.Next(2) == 0 ? (byte)random.Next(256) : "{}[]\",:\\0-1eEtfnu /\n"u8[random.Next(20)];
            }
            read += IsAnswered(bytes) ? 1 : 0;
        }
        Assert.InRange(read, 1, 499);
    }

    [Fact]
    public void Exchanged_values_are_answered()
    {
        string[] values = ["null", "true", "false", "0", "-1", "1e400", "\"\"", "\"x\"", "[]", "[null]", "[0]", "[[]]", "[{}]", "{}", "{\"\":null}"];
        var text = Encoding.UTF8.GetString(s_document);
        for (var colon = text.IndexOf(':', StringComparison.Ordinal); colon >= 0; colon = text.IndexOf(": ", colon + 1, StringComparison.Ordinal))
        {
            var end = text.IndexOf('\n', colon);
            foreach (var value in values)
            {
                var tail = text[end - 1] == ',' ? "," : "";
                IsAnswered(Encoding.UTF8.GetBytes(text[..(colon + 1)] + value + tail + text[end..]));
            }
        }
        Assert.True(IsAnswered(s_document), "the document itself is read");
    }
}
