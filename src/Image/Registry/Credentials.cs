using System;
using System.Text;

namespace SharpRun.Image.Registry;

/// <summary>What a user has for a registry: name and password, or an identity token, with which a token service is asked, or a token for the
/// registry itself. Printing leaves the secrets out.</summary>
sealed record Credentials(string User, string Password)
{
    public string? IdentityToken { get; init; }

    public string? RegistryToken { get; init; }

    /// <summary>The parameter of "Authorization: Basic" (RFC 7617).</summary>
    public string Basic => Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"));

    public override string ToString() => $"credentials of {User}";
}
