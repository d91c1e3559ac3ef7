namespace SharpRun.Oci.Dockerfiles;

/// <summary>What a Dockerfile may ask for before it is refused. Far above every real one.</summary>
public static class DockerfileLimits
{
    /// <summary>Bytes of the file, and of .dockerignore.</summary>
    public const int MostBytes = 1 << 20;

    public const int MostInstructions = 10_000;

    public const int MostHeredocs = 100;

    /// <summary>Characters of one word after its variables are put in: a kernel takes no longer environment string (MAX_ARG_STRLEN, 128 KiB).</summary>
    public const int LongestWord = 128 << 10;

    /// <summary>How deep ${a:-${b:-…}} may go.</summary>
    public const int DeepestVariable = 32;

    /// <summary>Ports of one EXPOSE, its ranges counted out.</summary>
    public const int MostPorts = 65536;
}
