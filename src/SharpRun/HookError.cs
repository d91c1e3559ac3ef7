using System;
using SharpRun.Linux;

namespace SharpRun;

/// <summary>A hook failed, and the container with it. The message is the whole sentence; the hook is "createRuntime hook #1".</summary>
sealed class HookError(string message, string hook, Errno error) : Exception(message)
{
    public string Hook { get; } = hook;

    /// <summary>Why it could not be executed; OK when it was.</summary>
    public Errno Error { get; } = error;
}
