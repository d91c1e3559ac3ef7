using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Threading;
using SharpRun.Oci;

namespace SharpRun.Image.Registry;

/// <summary>
/// How we sign on at one registry: nothing until it answers 401, then what its challenge asks for. The answer serves all later requests, and
/// is renewed when it is refused. For any number of threads.
/// A realm is the registry's word, and it may be hostile. Credentials go to it over https with its certificate verified, or, when the
/// registry itself is an insecure one, to the registry's own host. Plain http elsewhere gets none, and from a registry that speaks https, no request at all.
/// </summary>
sealed class Authorization(Endpoint endpoint, RegistrySettings settings, Func<Request, string, Answer> ask, Credentials? given)
{
    /// <summary>A token's life when its server does not say (distribution, "Token Authentication Specification").</summary>
    private static readonly TimeSpan s_defaultLife = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly List<string> _scopes = [];
    private Credentials? _credentials = given;
    private bool _hasLooked = given is not null;
    private Challenge? _bearer;
    private AuthenticationHeaderValue? _current;
    private DateTime _end = DateTime.MaxValue;

    /// <summary>"repository:library/ubuntu:pull": asked for from the next token on.</summary>
    public void AddScope(string scope)
    {
        lock (_lock)
        {
            if (!_scopes.Contains(scope))
            {
                _scopes.Add(scope);
                _current = _bearer is null ? _current : null;
            }
        }
    }

    /// <summary>For the next request to this registry; null before any challenge.</summary>
    public AuthenticationHeaderValue? For(Uri registry)
    {
        lock (_lock)
        {
            if (_bearer is not null && (_current is null || DateTime.UtcNow >= _end))
            {
                Fetch(registry);
            }
            return _current;
        }
    }

    /// <summary>After a 401 to a request that was sent with `used`; false when nothing else can be tried.</summary>
    public bool Renew(Uri registry, AuthenticationHeaderValue? used, IReadOnlyList<Challenge> challenges)
    {
        lock (_lock)
        {
            if (_current is not null && !ReferenceEquals(_current, used))
            {
                return true; // another thread was quicker
            }
            foreach (var challenge in challenges)
            {
                if (challenge.Is("Bearer") && challenge.Find("realm") is not null)
                {
                    _bearer = challenge;
                    Fetch(registry);
                    return true;
                }
            }
            foreach (var challenge in challenges)
            {
                if (challenge.Is("Basic") && used is null && Look() is { User.Length: > 0 } credentials)
                {
                    _current = new AuthenticationHeaderValue("Basic", credentials.Basic);
                    return true;
                }
            }
            return false;
        }
    }

    /// <summary>Whether the registry has ever challenged us.</summary>
    public bool WasAsked
    {
        get
        {
            lock (_lock)
            {
                return _current is not null;
            }
        }
    }

    /// <summary>Whether the user has any for this registry; for the sentence of a refusal.</summary>
    public bool HasCredentials
    {
        get
        {
            lock (_lock)
            {
                return Look() is not null;
            }
        }
    }

    private Credentials? Look()
    {
        if (!_hasLooked)
        {
            _credentials = CredentialFile.Find(endpoint.Host, endpoint.Repository, settings);
            _hasLooked = true;
        }
        return _credentials;
    }

    private void Fetch(Uri registry)
    {
        var credentials = Look();
        if (credentials?.RegistryToken is { } own)
        {
            _current = new AuthenticationHeaderValue("Bearer", own);
            return;
        }
        var realm = Address.Parse(_bearer!.Find("realm")!, $"sign on at {endpoint.Host}: realm");
        CheckRealm(realm, registry, credentials is not null);
        var act = $"get a token for {endpoint} from {realm.Authority}";
        var answer = ask(credentials?.IdentityToken is { } identity ? Exchange(realm, identity) : Get(realm, credentials), act);
        if (answer.Status != HttpStatusCode.OK)
        {
            var isNobody = answer.Status == HttpStatusCode.Unauthorized && credentials is null;
            throw new ImageError($"{act}: {answer.Sentence}{(isNobody ? $" (no credentials for {endpoint.Host}: sharprun-image login)" : "")}");
        }
        ReadToken(answer.Body, act);
    }

    private void CheckRealm(Uri realm, Uri registry, bool hasCredentials)
    {
        if (realm.Scheme == Uri.UriSchemeHttps)
        {
            return;
        }
        if (ImageCheck.RealmIsNoDowngrade.Fails(registry.Scheme == Uri.UriSchemeHttps))
        {
            throw new ImageError($"sign on at {endpoint.Host}: its realm {realm.Authority} is plain http, and the registry https: refused");
        }
        if (ImageCheck.PlainRealmIsTheRegistry.Fails(hasCredentials && realm.Host != registry.Host))
        {
            throw new ImageError($"sign on at {endpoint.Host}: its realm {realm.Authority} is plain http on another host: no credentials are sent there");
        }
    }

    private List<string> Scopes()
    {
        List<string> scopes = [.. _scopes];
        foreach (var scope in (_bearer!.Find("scope") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!scopes.Contains(scope))
            {
                scopes.Add(scope);
            }
        }
        return scopes;
    }

    private Request Get(Uri realm, Credentials? credentials)
    {
        var uri = realm;
        if (_bearer!.Find("service") is { } service)
        {
            uri = Address.WithQuery(uri, "service=" + Uri.EscapeDataString(service));
        }
        foreach (var scope in Scopes())
        {
            uri = Address.WithQuery(uri, "scope=" + Uri.EscapeDataString(scope));
        }
        if (credentials is not null)
        {
            uri = Address.WithQuery(uri, "account=" + Uri.EscapeDataString(credentials.User));
        }
        return new Request(HttpMethod.Get, uri)
        {
            IsForRegistry = false,
            Authorization = credentials is null ? null : new AuthenticationHeaderValue("Basic", credentials.Basic),
        };
    }

    // distribution, "OAuth2 Token Authentication"
    private Request Exchange(Uri realm, string identity)
    {
        Dictionary<string, string> form = new()
        {
            ["grant_type"] = "refresh_token",
            ["client_id"] = "sharprun-image",
            ["service"] = _bearer!.Find("service") ?? "",
            ["scope"] = string.Join(' ', Scopes()),
            ["refresh_token"] = identity,
        };
        return new Request(HttpMethod.Post, realm) { Body = () => new FormUrlEncodedContent(form), HasSecretBody = true, IsForRegistry = false };
    }

    private void ReadToken(byte[] body, string act)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var top = document.RootElement;
            string? Text(string name) => top.TryGetProperty(name, out var value) && value.GetString() is { Length: > 0 } text ? text : null;
            var token = Text("token") ?? Text("access_token") ?? throw new ImageError($"{act}: the answer has neither a token nor an access_token");
            if (ImageCheck.TokenIsPrintable.Fails(token.AsSpan().IndexOfAnyExceptInRange('!', '~') >= 0))
            {
                throw new ImageError($"{act}: the token has characters that no header may have");
            }
            var life = top.TryGetProperty("expires_in", out var seconds) && seconds.TryGetInt64(out var number) && number is > 0 and < int.MaxValue
                ? TimeSpan.FromSeconds(number) : s_defaultLife;
            // From now on: the two clocks may differ. A little is left for the way.
            _end = DateTime.UtcNow + life * 0.9;
            _current = new AuthenticationHeaderValue("Bearer", token);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new ImageError($"{act}: the answer is not the JSON of a token");
        }
    }
}
