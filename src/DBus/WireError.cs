using System;

namespace SharpRun.DBus;

/// <summary>What came is not D-Bus, or a value's text is none.</summary>
public sealed class WireError(string message) : Exception(message);
