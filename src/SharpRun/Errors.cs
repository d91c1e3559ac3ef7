using System;

namespace SharpRun;

/// <summary>The command line is wrong, or asks for what is not built yet. Said before any effect.</summary>
sealed class UsageError(string message) : Exception(message);

/// <summary>The container is not in the state that the command needs: missing, taken, not running, still running.</summary>
sealed class StateError(string message) : Exception(message);
