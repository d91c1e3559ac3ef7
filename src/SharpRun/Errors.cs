using System;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun;

/// <summary>Something is wrong in a document that the command line names. Said before any effect.</summary>
sealed class DocumentError(string message, ErrorCode code) : Exception(message)
{
    public ErrorCode Code { get; } = code;

    /// <summary>The path of what is wrong begins at what config.json calls <paramref name="above"/>.</summary>
    public static DocumentError In(string document, SpecError error, string above = "")
    {
        var path = error.Path.StartsWith(above, StringComparison.Ordinal) ? error.Path[above.Length..] : error.Path;
        var code = error.IsUnsupported ? ErrorCode.ConfigUnsupported : ErrorCode.ConfigInvalid;
        return new DocumentError(document + (path.Length == 0 ? "" : path + ": ") + error.Problem, code);
    }
}

/// <summary>The container is not in the state that the command needs: missing, taken, not running, still running.</summary>
sealed class StateError(ErrorCode code, string message) : Exception(message)
{
    /// <summary>containerd's shim and podman match these words.</summary>
    public static StateError NotFound => new(ErrorCode.ContainerNotFound, "container does not exist");

    public ErrorCode Code { get; } = code;
}

/// <summary>The bundle, its config.json or its root file system is missing, or cannot be opened.</summary>
sealed class BundleError(string message, Errno error) : Exception($"{message}: {error.Sentence()}")
{
    public Errno Error { get; } = error;
}
