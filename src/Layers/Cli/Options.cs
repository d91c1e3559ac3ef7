using SharpRun.CommandLine;

namespace SharpRun.Layers.Cli;

/// <summary>The flags that every verb takes, before it or behind it.</summary>
sealed record Options
{
    public static Flag[] Common { get; } =
    [
        Flag.Text("root", "DIR", "the store of images, layers and networks (default /var/lib/sharprun, or below XDG_DATA_HOME)"),
        Flag.Switch("quiet", "no warnings", 'q'),
        Flag.Switch("json", "one JSON document on stdout"),
    ];

    public static Tool Tool { get; } = new("sharprun-layers", "joins read-only layers under a writable one",
        [.. Common, Flag.Switch("version", "print the version", 'v')]);

    /// <summary>Absolute.</summary>
    public required string Root { get; init; }

    public bool IsQuiet { get; init; }

    public bool IsJson { get; init; }

    public static Options From(Arguments before, Arguments behind)
    {
        string? Text(string name) => behind.Text(name) ?? before.Text(name);
        return new Options
        {
            Root = StoreRoot.Of(Text("root")),
            IsQuiet = Text("quiet") is "true",
            IsJson = Text("json") is "true",
        };
    }
}
