using System;
using SharpRun.Json;

namespace SharpRun.Cni;

/// <summary>A CNI call that fails; the codes are the specification's (1.1.0, "Error").</summary>
public sealed class CniError(CniCode code, string message) : Exception(OneLine.Of(message))
{
    public CniCode Code { get; } = code;
}

public enum CniCode
{
    IncompatibleVersion = 1,
    UnsupportedField = 2,
    UnknownContainer = 3,
    InvalidEnvironment = 4,
    IO = 5,
    Decoding = 6,
    InvalidConfig = 7,
    InvalidNetNs = 8,
    TryAgain = 11,
    NotAvailable = 50,
    NotAvailableLimited = 51,
    Internal = 999,
}
