using System;

namespace SharpRun.Systemd;

/// <summary>systemd, or the bus on the way to it, refused or did not answer. Name is the D-Bus error's, or "".</summary>
sealed class SystemdError(string message, string name = "") : Exception(message)
{
    public const string UnitExists = "org.freedesktop.systemd1.UnitExists", NoSuchUnit = "org.freedesktop.systemd1.NoSuchUnit";

    public string Name { get; } = name;
}
