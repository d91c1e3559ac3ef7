using System.Text;
using SharpRun.CommandLine;
using SharpRun.Oci;

namespace SharpRun.Image.Cli;

/// <summary>The flags that every verb takes, before it or behind it.</summary>
sealed record Options
{
    public static Flag[] Common { get; } =
    [
        Flag.Text("root", "DIR", "the store of images, layers and networks (default /var/lib/sharprun, or below XDG_DATA_HOME)"),
        Flag.Switch("quiet", "no progress, no warnings", 'q'),
        Flag.Switch("json", "one JSON document on stdout"),
        Flag.Text("platform", "OS/ARCH[/VARIANT]", "which of an image's platforms (default: this machine's)"),
        Flag.Text("authfile", "FILE", "credentials (default $DOCKER_CONFIG/config.json)"),
        Flag.Text("registries-conf", "FILE", "mirrors, insecure and blocked registries (default /etc/containers/registries.conf)"),
        Flag.Text("tls-verify", "BOOL", "false: take any certificate, and plain HTTP"),
    ];

    public static Tool Tool { get; } = new("sharprun-image", "pulls, unpacks, packs, builds and pushes container images",
        [.. Common, Flag.Switch("version", "print the version", 'v')]);

    /// <summary>Absolute.</summary>
    public required string Root { get; init; }

    public bool IsQuiet { get; init; }

    public bool IsJson { get; init; }

    /// <summary>Blobs that are there are read before they are relied on (pull --verify).</summary>
    public bool VerifiesBlobs { get; init; }

    /// <summary>Null: not asked for; then the machine's.</summary>
    public Platform? Platform { get; init; }

    /// <summary>Absolute; null: docker's.</summary>
    public string? AuthFile { get; init; }

    /// <summary>Absolute; null: the machine's.</summary>
    public string? RegistriesFile { get; init; }

    public bool VerifiesTls { get; init; } = true;

    public static Options From(Arguments before, Arguments behind)
    {
        string? Text(string name) => behind.Text(name) ?? before.Text(name);
        return new Options
        {
            Root = StoreRoot.Of(Text("root")),
            IsQuiet = Text("quiet") is "true",
            IsJson = Text("json") is "true",
            Platform = Text("platform") is { } platform ? Words.Platform(platform) : null,
            AuthFile = AbsolutePath.OfOptional(Text("authfile")),
            RegistriesFile = AbsolutePath.OfOptional(Text("registries-conf")),
            VerifiesTls = Text("tls-verify") switch
            {
                null or "true" or "1" => true,
                "false" or "0" => false,
                var other => throw new UsageError($"invalid value \"{other}\" for --tls-verify: true or false is expected"),
            },
        };
    }
}
