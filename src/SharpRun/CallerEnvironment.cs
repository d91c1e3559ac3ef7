using System;

namespace SharpRun;

/// <summary>The caller's variables. The contract names those that mean something: XDG_RUNTIME_DIR, USER, NOTIFY_SOCKET, LISTEN_FDS,
/// LISTEN_PID, LISTEN_FDNAMES, and PATH, for newuidmap, newgidmap and ps. None of them reaches a container by itself.</summary>
static class CallerEnvironment
{
    public static string? Variable(string name)
    {
#pragma warning disable RS0030 // The one place.
        return Environment.GetEnvironmentVariable(name);
#pragma warning restore RS0030
    }
}
