using System.Collections.Generic;

namespace SharpRun.Planning;

/// <summary>In the order of a container's life; the member's name is the specification's, with a capital letter.</summary>
public enum HookKind
{
    Prestart, CreateRuntime, CreateContainer, StartContainer, Poststart, Poststop,
}

/// <summary>A program that is run at a point of the container's life, with the container's state on its stdin.
/// Args null: its path alone. Env null: what this kind of hook has by itself. Timeout in seconds, null for none.</summary>
public sealed record Hook(string Path, IReadOnlyList<string>? Args, IReadOnlyList<string>? Env, int? Timeout);

/// <summary>The six lists of config.json (runtime-spec, config.md "POSIX-platform Hooks").</summary>
public sealed record Hooks
{
    public static Hooks None { get; } = new();

    /// <summary>By the runtime, in its namespaces, when the container's namespaces exist. Deprecated; docker's network is one.</summary>
    public IReadOnlyList<Hook> Prestart { get; init; } = [];

    /// <summary>The same place, after them.</summary>
    public IReadOnlyList<Hook> CreateRuntime { get; init; } = [];

    /// <summary>In the container's namespaces, before the pivot: paths are the host's.</summary>
    public IReadOnlyList<Hook> CreateContainer { get; init; } = [];

    /// <summary>In the container, as its user, just before the program.</summary>
    public IReadOnlyList<Hook> StartContainer { get; init; } = [];

    /// <summary>By the runtime, when the program has been executed.</summary>
    public IReadOnlyList<Hook> Poststart { get; init; } = [];

    /// <summary>By the runtime, when the container is gone.</summary>
    public IReadOnlyList<Hook> Poststop { get; init; } = [];

    public IReadOnlyList<Hook> Of(HookKind kind) => kind switch
    {
        HookKind.Prestart => Prestart,
        HookKind.CreateRuntime => CreateRuntime,
        HookKind.CreateContainer => CreateContainer,
        HookKind.StartContainer => StartContainer,
        HookKind.Poststart => Poststart,
        _ => Poststop,
    };

    public static HookKind[] Kinds { get; } =
        [HookKind.Prestart, HookKind.CreateRuntime, HookKind.CreateContainer, HookKind.StartContainer, HookKind.Poststart, HookKind.Poststop];
}

public static class HookWords
{
    /// <summary>The property's name.</summary>
    public static string Word(this HookKind kind) => kind switch
    {
        HookKind.Prestart => "prestart",
        HookKind.CreateRuntime => "createRuntime",
        HookKind.CreateContainer => "createContainer",
        HookKind.StartContainer => "startContainer",
        HookKind.Poststart => "poststart",
        _ => "poststop",
    };
}
