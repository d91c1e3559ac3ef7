using System;

namespace SharpRun.Tar;

/// <summary>An archive is not one, or is more than the limits allow. The message says where, as "entry NAME: …" or "at byte N: …".</summary>
public sealed class TarError(string message) : Exception(message);
