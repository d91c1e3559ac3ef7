using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using SharpRun.InitStage;
using SharpRun.Linux;
using SharpRun.Planning;
using SharpRun.State;

namespace SharpRun.Parent;

/// <summary>A hook as posix_spawn(3) wants it. The clone child gets it ready-made; Environment null is the program's own.</summary>
sealed record PreparedHook(string Name, Executable Program, StringVector? Environment, int LimitMs)
{
    /// <summary>The directory is the hook's working directory, absolute, or null for that of whoever runs it.</summary>
    public static PreparedHook Of(HookKind kind, int index, Hook hook, string? directory) => new(
        $"{kind.Word()} hook #{index.ToString(CultureInfo.InvariantCulture)}",
        new Executable(ZeroTerminated.Of(hook.Path), StringVector.Of(hook.Args ?? [hook.Path]), directory is null ? null : ZeroTerminated.Of(directory)),
        hook.Env is null ? null : StringVector.Of(hook.Env),
        hook.Timeout is { } seconds ? (int)Math.Min(seconds * 1000L, int.MaxValue) : -1);

    public static List<PreparedHook> All(HookKind kind, IReadOnlyList<Hook> hooks, string? directory)
    {
        var prepared = new List<PreparedHook>(hooks.Count);
        for (var i = 0; i < hooks.Count; i++)
        {
            prepared.Add(Of(kind, i, hooks[i], directory));
        }
        return prepared;
    }

    /// <summary>The hooks of the clone child; null when there are none. Those of createContainer have an empty environment when none is given, as
    /// under runc; those of startContainer have that of the program.</summary>
    public static InitHooks? ForInit(Hooks hooks, ContainerState state, StringVector programs)
    {
        if (hooks.CreateContainer.Count + hooks.StartContainer.Count == 0)
        {
            return null;
        }
        var (before, after) = HookState.AroundPid(state, ContainerStatus.Creating);
        var create = new InitHookList(All(HookKind.CreateContainer, hooks.CreateContainer, state.Bundle), before, after, StringVector.Of([]));
        (before, after) = HookState.AroundPid(state, ContainerStatus.Created);
        return new InitHooks(create, new InitHookList(All(HookKind.StartContainer, hooks.StartContainer, null), before, after, programs));
    }

    /// <summary>Null when it went well, else the whole sentence. Called in the clone child too.</summary>
    public string? Run(StringVector environment, ReadOnlySpan<byte> state, out Errno error)
    {
        var run = new ProgramRun();
        var end = run.ToEnd(Program, environment, state, LimitMs);
        error = end.Error;
        return end.IsGood ? null : $"error running {Name}: {How(end)}{Said(", stdout: ", run.Output)}{Said(", stderr: ", run.Errors)}";
    }

    private string How(ProgramEnd end)
    {
        if (end.Error != Errno.OK)
        {
            return $"exec: \"{Encoding.UTF8.GetString(Program.Path.AsSpan(0, Program.Path.Length - 1))}\": {end.Error.Text()}";
        }
        if (end.IsTimedOut)
        {
            // runc's words, and its decimals.
            return $"hook ran past specified timeout of {(LimitMs / 1000).ToString(CultureInfo.InvariantCulture)}.0s";
        }
        var number = end.Status.Status.ToString(CultureInfo.InvariantCulture);
        // SIGSYS is what a seccomp filter sends.
        return !end.Status.IsSignal ? "exit status " + number : end.Status.Status == Native.SIGSYS ? "bad system call" : "killed by signal " + number;
    }

    // On one line: what stands in the error stands in a log.
    private static string Said(string label, ReadOnlySpan<byte> text)
    {
        text = text.Trim(" \n\r\t"u8);
        if (text.IsEmpty)
        {
            return "";
        }
        var line = new StringBuilder(label);
        foreach (var letter in Encoding.UTF8.GetString(text))
        {
            line.Append(char.IsControl(letter) ? ' ' : letter);
        }
        return line.ToString();
    }
}
