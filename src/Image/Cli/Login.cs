using System;
using System.Net;
using System.Net.Http;
using SharpRun.CommandLine;
using SharpRun.Image.Registry;
using SharpRun.Json;
using SharpRun.Oci;

namespace SharpRun.Image.Cli;

/// <summary>The credentials are tried at the registry, and kept only if it takes them: by the credential helper that config.json names, or in
/// config.json itself.</summary>
static class Login
{
    private static readonly Flag[] s_flags =
    [
        Flag.Text("username", "NAME", "who (default: asked for)", 'u'),
        Flag.Switch("password-stdin", "take the password from stdin, up to its end"),
    ];

    public static Command Command => new("login", "HOST", "check and keep a registry's credentials", s_flags, Act);

    private static int Act(Arguments arguments, Options options)
    {
        var host = Words.Host(arguments.Words[0]);
        var settings = RegistrySettings.From(options);
        var credentials = Ask(arguments, host);
        Check(host, credentials, settings);
        Keep(host, credentials, settings);
        if (!options.IsQuiet)
        {
            Output.WriteError($"sharprun-image: logged in at {host} as {OneLine.Of(credentials.User)}\n");
        }
        return 0;
    }

    private static Credentials Ask(Arguments arguments, string host)
    {
        var isFromStdin = arguments.Is("password-stdin");
        var user = arguments.Text("username");
        if (user is null && isFromStdin)
        {
            throw new UsageError("login: --password-stdin needs --username");
        }
        user ??= Prompt.Line($"user name for {host}: ");
        var password = isFromStdin ? Prompt.WholeInput() : Prompt.Secret($"password of {user} for {host}: ");
        if (user.Length == 0 || user.Contains(':', StringComparison.Ordinal) || password.Length == 0)
        {
            throw new UsageError(password.Length == 0 ? "login: the password is empty" : "login: the user name is empty, or has a colon (RFC 7617)");
        }
        return new Credentials(user, password);
    }

    internal static void Check(string host, Credentials credentials, RegistrySettings settings)
    {
        var act = $"log in at {host} as {OneLine.Of(credentials.User)}";
        var endpoint = RegistriesFile.Load(settings).Resolve(host, "", isByDigest: false, takesMirrors: false, !settings.VerifiesTls)[0];
        using var client = new RegistryClient(endpoint, settings, credentials: credentials);
        var answer = client.Ask(new Request(HttpMethod.Get, client.AddressOf("")), act, RegistryLimits.ErrorBody);
        if (answer.Status == HttpStatusCode.NotFound)
        {
            throw new ImageError($"{act}: it is no registry: /v2/ is not found");
        }
        if (!answer.IsSuccess)
        {
            throw client.Refused(act, answer);
        }
        if (!client.Authorization.WasAsked)
        {
            settings.Warn($"{host} has not asked for the credentials: whether they are right is not known");
        }
    }

    internal static void Keep(string host, Credentials credentials, RegistrySettings settings)
    {
        var file = CredentialFile.Load(CredentialFile.PlaceToWrite(settings));
        var key = CredentialFile.KeyOf(host);
        if (file.HelperOf(host) is { } helper)
        {
            CredentialHelper.Store(helper, key, credentials);
            file.Keep(key, null);
            return;
        }
        file.Keep(key, credentials);
    }
}
