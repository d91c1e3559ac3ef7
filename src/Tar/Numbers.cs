using System;

namespace SharpRun.Tar;

/// <summary>The ways in which archives write numbers. Each gives false for what is none, or does not fit into 63 bits and a sign.</summary>
static class Numbers
{
    private const int NanosecondDigits = 9;

    /// <summary>A field of a header: octal digits between spaces and zeros, nothing for 0; or, with the first bit set, base 256 as GNU tar
    /// writes what is too large or negative.</summary>
    public static bool TryField(ReadOnlySpan<byte> field, out long number)
    {
        if ((field[0] & 0x80) != 0)
        {
            return TryBase256(field, out number);
        }
        number = 0;
        field = field.TrimStart(" \0"u8);
        foreach (var digit in field)
        {
            if (digit is 0 or (byte)' ')
            {
                break;
            }
            if (digit is < (byte)'0' or > (byte)'7' || number >> 60 != 0)
            {
                return false;
            }
            number = number << 3 | (uint)(digit - '0');
        }
        return true;
    }

    // Two's complement; the first bit only says that it is base 256, the second is the sign.
    private static bool TryBase256(ReadOnlySpan<byte> field, out long number)
    {
        var sign = (field[0] & 0x40) != 0 ? (byte)0xff : (byte)0;
        var magnitude = (ulong)((field[0] ^ sign) & 0x3f);
        number = 0;
        foreach (var digit in field[1..])
        {
            if (magnitude >> 55 != 0)
            {
                return false;
            }
            magnitude = magnitude << 8 | (byte)(digit ^ sign);
        }
        number = sign == 0 ? (long)magnitude : ~(long)magnitude;
        return true;
    }

    /// <summary>Decimal digits and nothing else.</summary>
    public static bool TryDecimal(ReadOnlySpan<byte> text, out long number)
    {
        number = 0;
        foreach (var digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9' || number > (long.MaxValue - (digit - '0')) / 10)
            {
                return false;
            }
            number = number * 10 + (digit - '0');
        }
        return !text.IsEmpty;
    }

    /// <summary>"-1.25" is a quarter of a second before the second -1: (-2, 750,000,000). What is below a nanosecond is cut off.</summary>
    public static bool TryTime(ReadOnlySpan<byte> text, out TarTime time)
    {
        time = default;
        var isNegative = text.StartsWith("-"u8);
        text = text[(isNegative ? 1 : 0)..];
        var point = text.IndexOf((byte)'.');
        var fraction = point < 0 ? default : text[(point + 1)..];
        if (!TryDecimal(point < 0 ? text : text[..point], out var seconds) || fraction.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0)
        {
            return false;
        }
        var nanoseconds = 0;
        for (var i = 0; i < NanosecondDigits; i++)
        {
            nanoseconds = nanoseconds * 10 + (i < fraction.Length ? fraction[i] - '0' : 0);
        }
        time = !isNegative ? new TarTime(seconds, nanoseconds)
            : nanoseconds == 0 ? new TarTime(-seconds, 0)
            : new TarTime(-seconds - 1, 1_000_000_000 - nanoseconds);
        return true;
    }
}
