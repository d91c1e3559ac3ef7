using System;

namespace SharpRun.CommandLine;

/// <summary>The command line is wrong, or asks for what is not built yet. Said before any effect.</summary>
public sealed class UsageError(string message, bool isUnsupported = false) : Exception(message)
{
    public bool IsUnsupported { get; } = isUnsupported;
}
