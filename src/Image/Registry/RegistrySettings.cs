using System;
using SharpRun.CommandLine;
using SharpRun.Image.Cli;

namespace SharpRun.Image.Registry;

/// <summary>What the command line says of registries, and how long is waited for them; tests wait less.</summary>
sealed record RegistrySettings
{
    /// <summary>Absolute; null: docker's and containers' files.</summary>
    public string? AuthFile { get; init; }

    public bool VerifiesTls { get; init; } = true;

    /// <summary>Absolute; null: the machine's.</summary>
    public string? RegistriesFile { get; init; }

    /// <summary>Takes one sentence, without a line's end.</summary>
    public Action<string> Warn { get; init; } = static _ => { };

    public TimeSpan ConnectTime { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a connection may be silent.</summary>
    public TimeSpan IdleTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The same when something is pushed: some registries move a blob, byte by byte, before they answer.</summary>
    public TimeSpan CommitTime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Before the second attempt; doubled before each further one.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest wait between two attempts, and the most that a Retry-After is obeyed.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Where docker's and containers' directories of certificates are, a directory for each host.</summary>
    public string[] CertificateRoots { get; init; } = ["/etc/containers/certs.d", "/etc/docker/certs.d"];

    public static RegistrySettings From(Options options) => new()
    {
        AuthFile = options.AuthFile,
        VerifiesTls = options.VerifiesTls,
        RegistriesFile = options.RegistriesFile,
        Warn = options.IsQuiet ? static _ => { }
        : static sentence => Output.WriteError($"sharprun-image: warning: {sentence}\n"),
    };
}
