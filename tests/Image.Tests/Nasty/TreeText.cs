using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace SharpRun.Image.Tests.Nasty;

/// <summary>Bytes as text, one character each, and back; and such text for people.</summary>
static class TreeText
{
    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    public static string Quoted(string text)
    {
        var short_ = text.Length <= 80 ? text : $"{text[..60]}...({text.Length})";
        return "\"" + string.Concat(short_.Select(c => c is >= ' ' and < '\x7f' ? c.ToString() : $"\\x{(int)c:x2}")) + "\"";
    }

    public static string Of(IEnumerable<(string Name, string Value)> attributes) =>
        string.Concat(attributes.OrderBy(pair => pair.Name, StringComparer.Ordinal).Select(pair => $" {Quoted(pair.Name)}={Quoted(pair.Value)}"));
}
