using System;
using System.Diagnostics.CodeAnalysis;

namespace SharpRun.Linux;

/// <summary>The kernel refused an act of the parent: "act: errno text (ENAME)".</summary>
public sealed class ErrnoException(string act, Errno error) : Exception($"{act}: {error.Sentence()}")
{
    public Errno Error { get; } = error;

    public string Act { get; } = act;
}

public static class ErrnoThrow
{
    public static void OrThrow(this Errno error, string act)
    {
        if (error != Errno.OK)
        {
            Throw(error, act);
        }
    }

    [DoesNotReturn]
    public static void Throw(this Errno error, string act) => throw new ErrnoException(act, error);
}
