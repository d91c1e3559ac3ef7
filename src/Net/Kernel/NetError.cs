using System;
using SharpRun.Json;

namespace SharpRun.Net;

/// <summary>A network act that cannot be done. The message is the whole sentence; one line.</summary>
sealed class NetError(string message) : Exception(OneLine.Of(message));
