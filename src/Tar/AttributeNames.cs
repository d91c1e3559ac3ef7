using System;
using System.Buffers;

namespace SharpRun.Tar;

/// <summary>A key of a record ends at its first '=', so GNU tar writes one in an attribute's name as %3D, and a '%' as %25.</summary>
static class AttributeNames
{
    public static byte[] Decode(ReadOnlySpan<byte> key)
    {
        if (!key.Contains((byte)'%'))
        {
            return key.ToArray();
        }
        var name = new ArrayBufferWriter<byte>(key.Length);
        while (!key.IsEmpty)
        {
            var escaped = key.StartsWith("%3D"u8) ? (byte)'=' : key.StartsWith("%25"u8) ? (byte)'%' : default;
            name.Write([escaped == default ? key[0] : escaped]);
            key = key[(escaped == default ? 1 : 3)..];
        }
        return name.WrittenSpan.ToArray();
    }

    public static byte[] Encode(ReadOnlySpan<byte> name)
    {
        var key = new ArrayBufferWriter<byte>(Math.Max(name.Length, 1));
        foreach (var value in name)
        {
            key.Write(value switch { (byte)'=' => "%3D"u8, (byte)'%' => "%25"u8, _ => [value] });
        }
        return key.WrittenSpan.ToArray();
    }
}
