namespace SharpRun.Image.Registry;

/// <summary>How much of a registry's answers is taken, how long is waited for them and how often they are asked for again. A registry is
/// hostile until its bytes have the right digest.</summary>
static class RegistryLimits
{
    /// <summary>Bytes of a manifest or index; distribution-spec, "Pushing Manifests", asks for at least 4 MiB.</summary>
    public const int Manifest = 4 << 20;

    /// <summary>Bytes of a token service's answer, and of a credential file or helper's.</summary>
    public const int Token = 1 << 20;

    /// <summary>Bytes of an error's body that are read; the rest is not wanted.</summary>
    public const int ErrorBody = 64 << 10;

    /// <summary>Bytes of one page of tags or repositories: some registries know no pages.</summary>
    public const int Page = 16 << 20;

    public const int Pages = 10_000;

    public const int Names = 1_000_000;

    /// <summary>One request's; docker and Go take ten.</summary>
    public const int Redirects = 10;

    /// <summary>Of one request, the first one included, or of a blob's body without progress between them.</summary>
    public const int Attempts = 6;

    /// <summary>So many bytes count as progress: the attempts at a blob begin anew.</summary>
    public const long Progress = 1 << 20;

    /// <summary>A body that brings fewer bytes within the idle time is as good as cut.</summary>
    public const int LeastInIdleTime = 1 << 10;

    public const int RegistriesFile = 1 << 20;
}
