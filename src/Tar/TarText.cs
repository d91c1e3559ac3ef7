using System;
using System.Text;

namespace SharpRun.Tar;

/// <summary>Bytes of an archive as part of a sentence: one line, and no more than a line.</summary>
public static class TarText
{
    private const int Longest = 256;

    /// <summary>UTF-8 as it stands, everything else as \xNN; the middle of a long name is left out.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) => Of(bytes, Longest);

    /// <summary>The same, however long.</summary>
    public static string Whole(ReadOnlySpan<byte> bytes) => Of(bytes, int.MaxValue);

    private static string Of(ReadOnlySpan<byte> bytes, int longest)
    {
        var text = new StringBuilder();
        for (var at = 0; at < bytes.Length;)
        {
            if (bytes.Length > longest && at >= longest / 2 && at < bytes.Length - longest / 2)
            {
                text.Append('…');
                at = bytes.Length - longest / 2;
            }
            var status = Rune.DecodeFromUtf8(bytes[at..], out var rune, out var length);
            if (status == System.Buffers.OperationStatus.Done && IsPrintable(rune))
            {
                text.Append(rune.ToString());
                at += length;
                continue;
            }
            text.Append(null, $"\\x{bytes[at]:x2}");
            at++;
        }
        return text.ToString();
    }

    private static bool IsPrintable(Rune rune) => !Rune.IsControl(rune) && rune.Value is not (0x2028 or 0x2029);
}
