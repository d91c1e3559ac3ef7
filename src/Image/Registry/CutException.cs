using System;

namespace SharpRun.Image.Registry;

/// <summary>A request that is not repeated as it is has failed on its way: what of it has come through must be asked for. The message is a
/// whole sentence.</summary>
sealed class CutException(string message) : Exception(message);
