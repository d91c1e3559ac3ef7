using System;
using System.Text;

namespace SharpRun.Planning;

/// <summary>Text as the kernel wants it: UTF-8 with a final zero, made once by the parent, so that the clone child writes no page for it.</summary>
public sealed class CString : IEquatable<CString>
{
    private readonly byte[] _bytes;
    private readonly string _text;

    public CString(string text)
    {
        _text = text;
        _bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, _bytes);
    }

    /// <summary>The bytes with the final zero.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The bytes without the final zero.</summary>
    public ReadOnlySpan<byte> Text => _bytes.AsSpan(0, _bytes.Length - 1);

    public bool IsEmpty => _bytes.Length == 1;

    public static implicit operator CString(string text) => new(text);

    public static implicit operator ReadOnlySpan<byte>(CString text) => text._bytes;

    public override string ToString() => _text;

    public bool Equals(CString? other) => other is not null && _text == other._text;

    public override bool Equals(object? obj) => Equals(obj as CString);

    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);
}
