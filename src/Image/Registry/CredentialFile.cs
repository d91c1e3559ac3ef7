using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Json;
using SharpRun.Json;
using SharpRun.Oci;

namespace SharpRun.Image.Registry;

/// <summary>docker's config.json or containers' auth.json: `auths`, `credHelpers`, `credsStore`. What else is in it stays as it is.</summary>
sealed class CredentialFile
{
    /// <summary>Under this name docker's programs keep what is for docker.io.</summary>
    public const string DockerHubKey = "https://index.docker.io/v1/";

    private readonly JsonElement _top;

    private CredentialFile(string path, JsonElement top)
    {
        Path = path;
        _top = top;
    }

    public string Path { get; }

    /// <summary>Empty when there is no such file.</summary>
    public static CredentialFile Load(string path)
    {
        var bytes = SmallFile.ReadBytes(path, RegistryLimits.Token);
        try
        {
            // A JsonDocument that is not disposed has its memory collected like everything else.
            var top = bytes is { Length: > 0 } ? JsonDocument.Parse(bytes).RootElement : JsonDocument.Parse("{}").RootElement;
            return top.ValueKind == JsonValueKind.Object ? new CredentialFile(path, top) : throw new ImageError($"read {path}: a JSON object is expected");
        }
        catch (JsonException error)
        {
            throw new ImageError($"read {path}: {error.Message}");
        }
    }

    /// <summary>Where credentials are looked for, in this order.</summary>
    public static List<string> Places(RegistrySettings settings)
    {
        if (settings.AuthFile is { } chosen)
        {
            return [chosen];
        }
        if (Environment.GetEnvironmentVariable("REGISTRY_AUTH_FILE") is { Length: > 0 } named)
        {
            return [named];
        }
        List<string> places = [];
        if (DockerPath() is { } docker)
        {
            places.Add(docker);
        }
        foreach (var variable in new[] { "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME" })
        {
            if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } directory)
            {
                places.Add(directory + "/containers/auth.json");
            }
        }
        if (Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home)
        {
            places.Add(home + "/.config/containers/auth.json");
        }
        return places;
    }

    /// <summary>Where `login` writes.</summary>
    public static string PlaceToWrite(RegistrySettings settings) =>
        settings.AuthFile ?? DockerPath() ?? throw new ImageError("keep credentials: neither --authfile nor DOCKER_CONFIG nor HOME says where");

    private static string? DockerPath()
    {
        if (Environment.GetEnvironmentVariable("DOCKER_CONFIG") is { Length: > 0 } directory)
        {
            return directory + "/config.json";
        }
        return Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home ? home + "/.docker/config.json" : null;
    }

    /// <summary>The name under which a registry's credentials are written, and asked for at a helper.</summary>
    public static string KeyOf(string host) => host is Endpoint.DockerHub or "index.docker.io" or Endpoint.DockerHubServer ? DockerHubKey : host;

    /// <summary>The first of these files that has some; null: none has.</summary>
    public static Credentials? Find(string host, string repository, RegistrySettings settings)
    {
        foreach (var path in Places(settings))
        {
            if (Load(path).Find(host, repository) is { } found)
            {
                return found;
            }
        }
        return null;
    }

    /// <summary>The helper's, or those of the longest key that HOST/REPOSITORY begins with (containers-auth.json(5)).</summary>
    public Credentials? Find(string host, string repository)
    {
        if (HelperOf(host) is { } helper && CredentialHelper.Get(helper, KeyOf(host)) is { } found)
        {
            return found;
        }
        if (!_top.TryGetProperty("auths", out var auths) || auths.ValueKind != JsonValueKind.Object)
        {
            return null;
        }
        Credentials? best = null;
        var length = -1;
        foreach (var entry in auths.EnumerateObject())
        {
            var covered = Covers(entry.Name, host, repository);
            if (covered > length && Decode(entry) is { } credentials)
            {
                (best, length) = (credentials, covered);
            }
        }
        return best;
    }

    /// <summary>The helper for this host, or that for all; null: the file itself keeps them.</summary>
    public string? HelperOf(string host)
    {
        var own = _top.TryGetProperty("credHelpers", out var helpers) ? Text(helpers, host) ?? Text(helpers, KeyOf(host)) : null;
        return own ?? Text(_top, "credsStore");
    }

    // Null when there is no such member, or an empty one.
    private static string? Text(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
        && value.GetString() is { Length: > 0 } text ? text : null;

    // A key is HOST, HOST/PATH, or as old docker programs wrote it: https://HOST/v1/. -1 when it is another's.
    private static int Covers(string key, string host, string repository)
    {
        if (KeyOf(host) == DockerHubKey && key is DockerHubKey or "index.docker.io" or Endpoint.DockerHub or Endpoint.DockerHubServer)
        {
            // An address is the older way, and loses to a name.
            return key == Endpoint.DockerHub ? 2 : key == DockerHubKey ? 1 : 0;
        }
        var scheme = key.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0)
        {
            var rest = key[(scheme + 3)..];
            var slash = rest.IndexOf('/', StringComparison.Ordinal);
            return (slash < 0 ? rest : rest[..slash]) == host ? 0 : -1;
        }
        var name = key.TrimEnd('/');
        var whole = $"{host}/{repository}";
        return name == host || name == whole || whole.StartsWith(name + "/", StringComparison.Ordinal) ? name.Length : -1;
    }

    private Credentials? Decode(JsonProperty entry)
    {
        if (entry.Value.ValueKind != JsonValueKind.Object)
        {
            return null;
        }
        var (user, password) = (Text(entry.Value, "username") ?? "", Text(entry.Value, "password") ?? "");
        if (Text(entry.Value, "auth") is { } auth)
        {
            (user, password) = Split(auth, entry.Name);
        }
        var credentials = new Credentials(user, password)
        {
            IdentityToken = Text(entry.Value, "identitytoken"),
            RegistryToken = Text(entry.Value, "registrytoken"),
        };
        // docker leaves an empty object where a helper has the secret.
        return user.Length > 0 || credentials.IdentityToken is not null || credentials.RegistryToken is not null ? credentials : null;
    }

    private (string User, string Password) Split(string auth, string key)
    {
        var bytes = new byte[auth.Length];
        if (!Convert.TryFromBase64String(auth, bytes, out var count) || bytes.AsSpan(0, count).IndexOf((byte)':') < 0)
        {
            throw new ImageError($"read {Path}: auths of {OneLine.Of(key)}: auth is not the base64 of USER:PASSWORD");
        }
        var text = Encoding.UTF8.GetString(bytes, 0, count);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        // Old docker programs padded with zeros.
        return (text[..colon], text[(colon + 1)..].TrimEnd('\0'));
    }

    /// <summary>Writes the file anew with these credentials, or an empty entry when a helper keeps them.</summary>
    public void Keep(string key, Credentials? credentials) => Rewrite(key, writer =>
    {
        writer.WriteStartObject(key);
        if (credentials?.IdentityToken is { } token)
        {
            writer.WriteString("auth", new Credentials(credentials.User, "").Basic);
            writer.WriteString("identitytoken", token);
        }
        else if (credentials is not null)
        {
            writer.WriteString("auth", credentials.Basic);
        }
        writer.WriteEndObject();
    });

    /// <summary>Writes the file anew without this entry; false when there is none.</summary>
    public bool Forget(string key)
    {
        var isThere = _top.TryGetProperty("auths", out var auths) && auths.ValueKind == JsonValueKind.Object && auths.TryGetProperty(key, out _);
        if (isThere)
        {
            Rewrite(key, static _ => { });
        }
        return isThere;
    }

    private void Rewrite(string key, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, IndentCharacter = '\t', IndentSize = 1 }))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("auths");
            if (_top.TryGetProperty("auths", out var auths) && auths.ValueKind == JsonValueKind.Object)
            {
                foreach (var entry in auths.EnumerateObject())
                {
                    if (entry.Name != key)
                    {
                        entry.WriteTo(writer);
                    }
                }
            }
            write(writer);
            writer.WriteEndObject();
            foreach (var member in _top.EnumerateObject())
            {
                if (member.Name != "auths")
                {
                    member.WriteTo(writer);
                }
            }
            writer.WriteEndObject();
        }
        SmallFile.Replace(Path, buffer.WrittenSpan);
    }
}
