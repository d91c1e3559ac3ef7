using System;
using SharpRun.Linux;

namespace SharpRun.Parent;

/// <summary>The kernel refused a step of the clone child. The message is the whole sentence.</summary>
sealed class StepError(string message, string step, Errno error, ErrorCode code) : Exception(message)
{
    public ErrorCode Code { get; } = code;

    /// <summary>The step's text, as `sharprun plan` prints it.</summary>
    public string Step { get; } = step;

    /// <summary>OK when the runtime itself refused.</summary>
    public Errno Error { get; } = error;
}
