using System;
using System.Net;

namespace SharpRun.Image.Registry;

/// <summary>A repository at the server that is really asked: the registry itself or a mirror. The repository is empty for questions about
/// the server.</summary>
sealed record Endpoint(string Host, string Repository, bool IsInsecure)
{
    /// <summary>docker.io is only a name: its registry answers elsewhere.</summary>
    public const string DockerHub = "docker.io", DockerHubServer = "registry-1.docker.io";

    /// <summary>Host and port for the connection.</summary>
    public string Server => Host is DockerHub or "index.docker.io" ? DockerHubServer : Host;

    /// <summary>docker's default: a registry of this machine needs neither a certificate nor TLS.</summary>
    public static bool IsLocal(string host)
    {
        var name = NameOf(host);
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(name.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
    }

    /// <summary>Without the port.</summary>
    public static string NameOf(string host)
    {
        var colon = host.LastIndexOf(':');
        return colon > host.LastIndexOf(']') ? host[..colon] : host;
    }

    public override string ToString() => Repository.Length == 0 ? Host : $"{Host}/{Repository}";
}
