using System.Collections.Generic;

namespace SharpRun.Oci.Dockerfiles;

/// <summary>A name and what stands behind its "=", quotes and variables still in it. Value is null where there is no "=" (ARG NAME).</summary>
public readonly record struct RawPair(string Name, string? Value);

/// <summary>RUN, CMD, ENTRYPOINT: either words to execute, or one text for the shell.</summary>
public sealed record CommandWords(bool IsShell, IReadOnlyList<string> Words);

/// <summary>One instruction, variables not put in yet. Line counts from 1; Text is the whole of it, joined, for messages.</summary>
public abstract record Instruction(int Line, string Text)
{
    /// <summary>"COPY".</summary>
    public string Keyword => Text.IndexOf(' ', System.StringComparison.Ordinal) is > 0 and var blank ? Text[..blank] : Text;
}

public sealed record FromInstruction(int Line, string Text, string Image, string? StageName, string? Platform) : Instruction(Line, Text);

public sealed record ArgInstruction(int Line, string Text, IReadOnlyList<RawPair> Pairs) : Instruction(Line, Text);

public sealed record EnvInstruction(int Line, string Text, IReadOnlyList<RawPair> Pairs) : Instruction(Line, Text);

public sealed record LabelInstruction(int Line, string Text, IReadOnlyList<RawPair> Pairs) : Instruction(Line, Text);

public sealed record RunInstruction(int Line, string Text, CommandWords Command) : Instruction(Line, Text);

public sealed record CmdInstruction(int Line, string Text, CommandWords Command) : Instruction(Line, Text);

public sealed record EntrypointInstruction(int Line, string Text, CommandWords Command) : Instruction(Line, Text);

public sealed record ShellInstruction(int Line, string Text, IReadOnlyList<string> Words) : Instruction(Line, Text);

/// <summary>COPY, or ADD. A source that is a heredoc is in Heredocs under its word.</summary>
public sealed record CopyInstruction(int Line, string Text, bool IsAdd, IReadOnlyList<string> Sources, string Destination) : Instruction(Line, Text)
{
    /// <summary>A stage's name or number, or an image; null: the context.</summary>
    public string? From { get; init; }

    public string? Owner { get; init; }

    public string? Mode { get; init; }

    public IReadOnlyList<Heredoc> Heredocs { get; init; } = [];
}

public sealed record WorkdirInstruction(int Line, string Text, string Path) : Instruction(Line, Text);

public sealed record UserInstruction(int Line, string Text, string User) : Instruction(Line, Text);

public sealed record ExposeInstruction(int Line, string Text, IReadOnlyList<string> Ports) : Instruction(Line, Text);

public sealed record VolumeInstruction(int Line, string Text, IReadOnlyList<string> Paths) : Instruction(Line, Text);

public sealed record StopSignalInstruction(int Line, string Text, string Signal) : Instruction(Line, Text);

public sealed record MaintainerInstruction(int Line, string Text, string Name) : Instruction(Line, Text);

/// <summary>Test is null for NONE. Durations in nanoseconds, 0 when not given.</summary>
public sealed record HealthcheckInstruction(int Line, string Text, CommandWords? Test) : Instruction(Line, Text)
{
    public long Interval { get; init; }

    public long Timeout { get; init; }

    public long StartPeriod { get; init; }

    public long StartInterval { get; init; }

    public int Retries { get; init; }
}

/// <summary>From one FROM to the next.</summary>
public sealed record Stage(FromInstruction From, IReadOnlyList<Instruction> Instructions);

/// <summary>A whole Dockerfile: the ARGs before the first FROM, and the stages, of which there is at least one.</summary>
public sealed record DockerfileTree(IReadOnlyList<ArgInstruction> Arguments, IReadOnlyList<Stage> Stages, char Escape);
