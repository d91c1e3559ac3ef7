using System;
using System.Buffers;

namespace SharpRun.Oci;

/// <summary>A content's name: "sha256:" or "sha512:" and lower-case hexadecimal digits (image-spec, descriptor.md, "Digests").</summary>
public readonly record struct Digest
{
    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789abcdef");

    private Digest(string text) => Text = text;

    /// <summary>"sha256:…".</summary>
    public string Text { get; }

    public string Algorithm => Text[..Text.IndexOf(':', StringComparison.Ordinal)];

    public string Hex => Text[(Text.IndexOf(':', StringComparison.Ordinal) + 1)..];

    public static bool TryParse(string text, out Digest digest)
    {
        var length = text.StartsWith("sha256:", StringComparison.Ordinal) ? 64 : text.StartsWith("sha512:", StringComparison.Ordinal) ? 128 : 0;
        var isDigest = length > 0 && text.Length == 7 + length && text.AsSpan(7).IndexOfAnyExcept(s_digits) < 0;
        isDigest = OciCheck.DigestIsWellFormed.Passes(isDigest);
        digest = isDigest ? new Digest(text) : default;
        return isDigest;
    }

    /// <summary>What is the digest of is named in the error.</summary>
    public static Digest Parse(string text, string what) =>
        TryParse(text, out var digest) ? digest : throw new ImageError($"{what}: \"{text}\" is no sha256 or sha512 digest");

    public static Digest OfSha256(ReadOnlySpan<byte> hash) => new("sha256:" + Convert.ToHexStringLower(hash));

    public static Digest OfSha512(ReadOnlySpan<byte> hash) => new("sha512:" + Convert.ToHexStringLower(hash));

    /// <summary>For documents, which are small: the BCL would end the program where libcrypto is not installed.</summary>
    public static Digest Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[32];
        var sha256 = new Sha256();
        sha256.Append(content);
        sha256.Finish(hash);
        return OfSha256(hash);
    }

    public override string ToString() => Text;
}
