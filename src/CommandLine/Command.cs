using System;

namespace SharpRun.CommandLine;

/// <summary>One verb of a tool: its words, its flags beside the common ones, what it does. Act gives the exit status.</summary>
public sealed record Command<TOptions>(string Name, string Synopsis, string Help, Flag[] Flags, Func<Arguments, TOptions, int> Act)
{
    public int LeastWords { get; init; } = 1;

    public int MostWords { get; init; } = 1;

    /// <summary>Another name, which the help does not list; null: none.</summary>
    public string? Alias { get; init; }
}
