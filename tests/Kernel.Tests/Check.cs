using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;
using SharpRun.Linux;

namespace SharpRun.KernelTests;

sealed class Failure(string message) : Exception(message);

/// <summary>This machine lacks what the test is about; the reason names the kernel feature.</summary>
sealed class Skip(string reason) : Exception(reason);

static class Check
{
    public static void True([DoesNotReturnIf(false)] bool condition, string? what = null,
        [CallerArgumentExpression(nameof(condition))] string said = "", [CallerLineNumber] int line = 0)
    {
        if (!condition)
        {
            throw new Failure($"line {line}: {what ?? said}");
        }
    }

    public static void Equal<T>(T want, T have, string? what = null,
        [CallerArgumentExpression(nameof(have))] string said = "", [CallerLineNumber] int line = 0)
    {
        if (!EqualityComparer<T>.Default.Equals(want, have))
        {
            throw new Failure($"line {line}: {what ?? said} is {have}, expected {want}");
        }
    }

    public static void Contains(string part, string whole, [CallerLineNumber] int line = 0)
    {
        if (!whole.Contains(part, StringComparison.Ordinal))
        {
            throw new Failure($"line {line}: \"{part}\" is missing in \"{whole.TrimEnd()}\"");
        }
    }

    /// <summary>The value of a call that must succeed.</summary>
    public static int Value(Result result, [CallerArgumentExpression(nameof(result))] string said = "", [CallerLineNumber] int line = 0)
    {
        Ok(result.Error, said, line);
        return result.Value;
    }

    public static void Ok(Errno error, [CallerArgumentExpression(nameof(error))] string said = "", [CallerLineNumber] int line = 0)
    {
        if (error != Errno.OK)
        {
            throw new Failure($"line {line}: {said}: {error}");
        }
    }

    public static void Fails(Errno want, Result have, [CallerArgumentExpression(nameof(have))] string said = "", [CallerLineNumber] int line = 0) =>
        Equal(want, have.Error, said, line: line);

    public static void Fails(Errno want, Errno have, [CallerArgumentExpression(nameof(have))] string said = "", [CallerLineNumber] int line = 0) =>
        Equal(want, have, said, line: line);

    /// <summary>Skips when a call is not there or not complete in this kernel.</summary>
    public static void Needs(Errno error, string feature)
    {
        if (error is Errno.ENOSYS or Errno.EINVAL or Errno.EOPNOTSUPP or Errno.ENODEV or Errno.EPROTONOSUPPORT)
        {
            throw new Skip($"{feature} ({error})");
        }
    }
}

static class Text
{
    /// <summary>Text as the kernel wants it.</summary>
    public static byte[] Z(string text) => Encoding.UTF8.GetBytes(text + "\0");

    public static string Of(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }
}
