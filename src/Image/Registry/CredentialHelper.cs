using System;
using System.Buffers;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Json;
using SharpRun.Json;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Registry;

/// <summary>docker-credential-NAME: a program that keeps secrets. The registry's name goes to its stdin, JSON comes from its stdout.</summary>
static class CredentialHelper
{
    /// <summary>It may ask its user.</summary>
    private const int LimitMs = 60_000;

    // What the helpers of docker/docker-credential-helpers print when they have nothing.
    private const string NotFound = "credentials not found in native keychain";

    /// <summary>Null: it has none for this registry.</summary>
    public static Credentials? Get(string helper, string key)
    {
        var output = Run(helper, "get", Encoding.UTF8.GetBytes(key), allowsNotFound: true);
        if (output is null)
        {
            return null;
        }
        string user = "", secret = "";
        try
        {
            using var answer = JsonDocument.Parse(output);
            user = answer.RootElement.GetProperty("Username").GetString() ?? "";
            secret = answer.RootElement.GetProperty("Secret").GetString() ?? "";
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new ImageError($"ask docker-credential-{helper} for {key}: its answer is not {{\"Username\":…,\"Secret\":…}}");
        }
        if (ImageCheck.HelperMayHaveNothing.Fails(user.Length == 0 && secret.Length == 0))
        {
            return null;
        }
        return user == "<token>" ? new Credentials("", "") { IdentityToken = secret } : new Credentials(user, secret);
    }

    public static void Store(string helper, string key, Credentials credentials)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("ServerURL", key);
            writer.WriteString("Username", credentials.IdentityToken is null ? credentials.User : "<token>");
            writer.WriteString("Secret", credentials.IdentityToken ?? credentials.Password);
            writer.WriteEndObject();
        }
        Run(helper, "store", buffer.WrittenSpan, allowsNotFound: false);
    }

    /// <summary>False: it had none.</summary>
    public static bool Erase(string helper, string key) => Run(helper, "erase", Encoding.UTF8.GetBytes(key), allowsNotFound: true) is not null;

    private static byte[]? Run(string helper, string verb, ReadOnlySpan<byte> input, bool allowsNotFound)
    {
        var name = "docker-credential-" + helper;
        var path = ImageCheck.HelperHasNoPath.Fails(helper.Contains('/', StringComparison.Ordinal)) ? null : Find(name);
        if (path is null)
        {
            throw new ImageError($"run {name}: there is no such program in PATH, but the credential file names it");
        }
        List<string> environment = [];
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            environment.Add($"{variable.Key}={variable.Value}");
        }
        var run = new ProgramRun(RegistryLimits.Token);
        var program = new Executable(ZeroTerminated.Of(path), StringVector.Of([path, verb]), null);
        var end = run.ToEnd(program, StringVector.Of(environment), input, LimitMs);
        if (end.IsGood)
        {
            return run.Output.ToArray();
        }
        var words = OneLine.Of(Encoding.UTF8.GetString(run.Output.IsEmpty ? run.Errors : run.Output).Trim());
        if (allowsNotFound && words.Contains(NotFound, StringComparison.Ordinal))
        {
            return null;
        }
        var reason = end.Error != Errno.OK ? end.Error.Sentence() : end.IsTimedOut ? "it took too long" : words.Length > 0 ? words : "it failed without a word";
        throw new ImageError($"run {name} {verb}: {reason}");
    }

    private static string? Find(string name)
    {
        foreach (var directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'))
        {
            if (directory.StartsWith('/') && File.Exists($"{directory}/{name}"))
            {
                return $"{directory}/{name}";
            }
        }
        return null;
    }
}
