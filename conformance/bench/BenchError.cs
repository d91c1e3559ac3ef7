using System;

namespace SharpRun.Bench;

/// <summary>A measurement that cannot be trusted: the bench says why and ends with 1.</summary>
sealed class BenchError(string message) : Exception(message);
