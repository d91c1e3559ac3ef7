using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Threading;
using SharpRun.Image.Registry;
using SharpRun.Json;
using SharpRun.Oci;
using Xunit;

namespace SharpRun.Image.Tests;

/// <summary>Challenges, tokens, realms and credentials.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
// Not beside tests that start programs: while a helper is written, a child of theirs has it open, and it cannot be executed (ETXTBSY).
[Collection(nameof(LocksOfFiles))]
public sealed class RegistryAuthorizationTests
{
    private const string Index = """{"schemaVersion":2,"manifests":[]}""";

    private static string Credentials(string host, string entry = """{"username":"u","password":"secret"}""") => $$"""{"auths":{"{{host}}":{{entry}} } }""";

    private static void ReadManifest(ScriptedRegistry registry, string? config = null, int times = 1)
    {
        using var file = new SettingsFile(config ?? "{}");
        using var source = new RegistrySource(RegistryReference.Parse(registry.Host + "/a/b:1"), ScriptedRegistry.Settings with { AuthFile = file.Path });
        for (var i = 0; i < times; i++)
        {
            source.ReadManifest(null);
        }
    }

    /// <summary>Tokens are "t1", "t2", …; the last one given is the only good one.</summary>
    private static ScriptedRegistry WithTokens(Func<ScriptedRegistry?> realm, string answer = """{"token":"t#"}""", int uses = int.MaxValue)
    {
        int tokens = 0, used = 0;
        ScriptedRegistry? own = null;
        own = new ScriptedRegistry(exchange =>
        {
            if (exchange.Target.StartsWith("/token", StringComparison.Ordinal))
            {
                exchange.ReadBody();
                used = 0;
                Interlocked.Increment(ref tokens);
                exchange.Answer(200, answer.Replace("#", $"{tokens}", StringComparison.Ordinal));
            }
            else if (exchange.Authorization == $"Bearer t{tokens}" && used++ < uses)
            {
                exchange.Answer(200, Index);
            }
            else
            {
                var host = (realm() ?? own!).Host;
                exchange.Answer(401, "", $"WWW-Authenticate: Bearer realm=\"http://{host}/token\",service=\"the service\",scope=\"repository:a/b:pull\"");
            }
        });
        return own;
    }

    [Fact]
    public void A_token_is_fetched_once_and_used_again()
    {
        using var registry = WithTokens(() => null);
        ReadManifest(registry, times: 3);
        Assert.Equal(1, registry.Count("GET", "/token"));
        Assert.Equal(4, registry.Count("GET", "/manifests/"));
        Assert.Equal("/token?service=the%20service&scope=repository%3Aa%2Fb%3Apull",
            registry.Seen.Find(exchange => exchange.Target.StartsWith("/token", StringComparison.Ordinal))!.Target);
    }

    [Fact]
    public void An_access_token_is_one_too()
    {
        using var registry = WithTokens(() => null, """{"access_token":"t#"}""");
        ReadManifest(registry);
    }

    [Fact]
    public void A_token_that_is_no_longer_taken_is_renewed_halfway()
    {
        using var registry = WithTokens(() => null, uses: 1);
        ReadManifest(registry, times: 3);
        Assert.Equal(3, registry.Count("GET", "/token"));
    }

    [Fact]
    public void A_token_is_renewed_before_it_is_sent_too_late()
    {
        using var registry = WithTokens(() => null, """{"token":"t#","expires_in":1}""");
        using var source = new RegistrySource(RegistryReference.Parse(registry.Host + "/a/b:1"), ScriptedRegistry.Settings);
        source.ReadManifest(null);
        Thread.Sleep(1000);
        source.ReadManifest(null);
        Assert.Equal(2, registry.Count("GET", "/token"));
        Assert.Equal(3, registry.Count("GET", "/manifests/")); // no further 401
    }

    [Fact]
    public void A_token_is_renewed_in_the_middle_of_a_blob()
    {
        var blob = new byte[50_000];
        int tokens = 0, bodies = 0;
        ScriptedRegistry? own = null;
        using var registry = own = new ScriptedRegistry(exchange =>
        {
            if (exchange.Target.StartsWith("/token", StringComparison.Ordinal))
            {
                exchange.Answer(200, $$"""{"token":"t{{++tokens}}"}""");
            }
            else if (exchange.Authorization != $"Bearer t{bodies + 1}")
            {
                exchange.Answer(401, "", $"WWW-Authenticate: Bearer realm=\"http://{own!.Host}/token\"");
            }
            else if (++bodies == 1)
            {
                exchange.Send($"HTTP/1.1 200 X\r\nContent-Length: {blob.Length}\r\n\r\n");
                exchange.Send(blob[..20_000]);
                Thread.Sleep(50);
                exchange.Cut();
            }
            else
            {
                exchange.Answer(206, blob[20_000..], $"Content-Range: bytes 20000-49999/50000");
            }
        });
        using var source = new RegistrySource(RegistryReference.Parse(registry.Host + "/a/b:1"), ScriptedRegistry.Settings);
        using var stream = source.OpenBlob(new Descriptor(MediaTypes.Layer, Digest.Of(blob), blob.Length), 0);
        var copy = new MemoryStream();
        stream.CopyTo(copy);
        Assert.Equal(blob.Length, copy.Length);
        Assert.Equal(2, tokens);
    }

    [Fact]
    public void A_401_for_ever_ends()
    {
        using var registry = WithTokens(() => null, uses: 0);
        var error = Assert.ThrowsAny<JsonError>(() => ReadManifest(registry));
        Assert.Contains("401", error.Message);
        Assert.InRange(registry.Seen.Count, 2, 6);
    }

    [Fact]
    public void Basic_is_tried_once()
    {
        using var registry = new ScriptedRegistry(exchange => exchange.Answer(401, "", "WWW-Authenticate: Basic realm=\"x\""));
        Assert.Contains("401", Assert.ThrowsAny<JsonError>(() => ReadManifest(registry, Credentials(registry.Host))).Message);
        Assert.Equal(2, registry.Seen.Count);
    }

    [Fact]
    public void Without_credentials_the_error_says_how_to_get_some()
    {
        using var registry = new ScriptedRegistry(exchange => exchange.Answer(401, "", "WWW-Authenticate: Basic realm=\"x\""));
        Assert.Contains("sharprun-image login", Assert.ThrowsAny<JsonError>(() => ReadManifest(registry)).Message);
    }

    [Fact]
    public void Of_several_challenges_Bearer_is_taken()
    {
        ScriptedRegistry? own = null;
        using var registry = own = new ScriptedRegistry(exchange =>
        {
            if (exchange.Target.StartsWith("/token", StringComparison.Ordinal))
            {
                exchange.Answer(200, """{"token":"t"}""");
                return;
            }
            exchange.Answer(exchange.Authorization == "Bearer t" ? 200 : 401, Index, "WWW-Authenticate: Basic realm=\"x\"",
                $"WWW-Authenticate: Negotiate, Bearer realm=\"http://{own!.Host}/token\"");
        });
        ReadManifest(registry, Credentials(registry.Host));
    }

    [Fact]
    public void Credentials_go_to_a_plain_realm_on_the_insecure_registrys_own_host()
    {
        using var registry = WithTokens(() => null);
        ReadManifest(registry, Credentials(registry.Host));
        Assert.Equal("Basic dTpzZWNyZXQ=", registry.Seen.Find(exchange => exchange.Target.StartsWith("/token", StringComparison.Ordinal))!.Authorization);
    }

    // mutant: ImageCheck.PlainRealmIsTheRegistry
    [Fact]
    public void Credentials_do_not_go_to_a_plain_realm_elsewhere()
    {
        using var registry = new ScriptedRegistry(exchange => exchange.Answer(401, "", "WWW-Authenticate: Bearer realm=\"http://localhost:1/token\""));
        Assert.Contains("no credentials are sent there", Assert.ThrowsAny<JsonError>(() => ReadManifest(registry, Credentials(registry.Host))).Message);
    }

    // mutant: ImageCheck.AuthorizationStaysAtItsOrigin
    [Fact]
    public void A_token_servers_redirect_takes_no_credentials_along()
    {
        using var other = new ScriptedRegistry(exchange => exchange.Answer(200, """{"token":"t"}"""));
        ScriptedRegistry? own = null;
        using var registry = own = new ScriptedRegistry(exchange =>
        {
            if (exchange.Target.StartsWith("/token", StringComparison.Ordinal))
            {
                exchange.Answer(307, "", $"Location: http://{other.Host}/token");
                return;
            }
            exchange.Answer(exchange.Authorization == "Bearer t" ? 200 : 401, Index, $"WWW-Authenticate: Bearer realm=\"http://{own!.Host}/token\"");
        });
        ReadManifest(registry, Credentials(registry.Host));
        Assert.Null(other.Seen[^1].Authorization);
    }

    [Fact]
    public void A_registrys_token_does_not_go_to_its_realm()
    {
        using var registry = WithTokens(() => null, uses: 1);
        ReadManifest(registry, times: 2);
        var asked = registry.Seen.FindAll(exchange => exchange.Target.StartsWith("/token", StringComparison.Ordinal));
        Assert.Equal(2, asked.Count);
        Assert.All(asked, exchange => Assert.Null(exchange.Authorization));
    }

    [Theory]
    [InlineData("ftp://127.0.0.1/token")]
    [InlineData("token")]
    [InlineData("http://user:password@127.0.0.1/token")]
    public void A_realm_that_is_no_address_is_refused(string realm)
    {
        using var registry = new ScriptedRegistry(exchange => exchange.Answer(401, "", $"WWW-Authenticate: Bearer realm=\"{realm}\""));
        Assert.Contains("realm", Assert.ThrowsAny<JsonError>(() => ReadManifest(registry)).Message);
    }

    // mutant: ImageCheck.TokenIsPrintable
    [Theory]
    [InlineData("""{"token":"a\r\nX-Evil: 1"}""", "no header may have")]
    [InlineData("""{"tokens":[]}""", "neither a token nor an access_token")]
    [InlineData("<html>", "not the JSON of a token")]
    [InlineData("""{"token":5}""", "not the JSON of a token")]
    public void An_answer_that_is_no_token_is_refused(string answer, string reason)
    {
        using var registry = WithTokens(() => null, answer);
        Assert.Contains(reason, Assert.ThrowsAny<JsonError>(() => ReadManifest(registry)).Message);
    }

    [Fact]
    public void A_token_of_more_than_1_MiB_is_refused()
    {
        using var registry = WithTokens(() => null, "\"" + new string('x', 1 << 20) + "\"");
        Assert.Contains("more than 1048576", Assert.ThrowsAny<JsonError>(() => ReadManifest(registry)).Message);
    }

    [Fact]
    public void An_identity_token_is_exchanged_by_POST()
    {
        using var registry = WithTokens(() => null);
        ReadManifest(registry, Credentials(registry.Host, """{"auth":"dTo=","identitytoken":"long-lived"}"""));
        var asked = registry.Seen.Find(exchange => exchange.Target == "/token")!;
        Assert.Equal("POST", asked.Method);
        Assert.Null(asked.Authorization);
        Assert.Equal("grant_type=refresh_token&client_id=sharprun-image&service=the+service&scope=repository%3Aa%2Fb%3Apull&refresh_token=long-lived",
            Encoding.UTF8.GetString(asked.Body));
    }

    [Fact]
    public void A_registry_token_is_used_as_it_is()
    {
        using var registry = new ScriptedRegistry(exchange =>
            exchange.Answer(exchange.Authorization == "Bearer own" ? 200 : 401, Index, "WWW-Authenticate: Bearer realm=\"http://127.0.0.1:1/\""));
        ReadManifest(registry, Credentials(registry.Host, """{"registrytoken":"own"}"""));
    }

    [Theory]
    [InlineData("ghcr.io", "me/app", "long", """{"auths":{"ghcr.io":{"username":"short"},"ghcr.io/me":{"username":"long"},"ghcr.io/m":{"auth":"bm86"}}}""")]
    [InlineData("ghcr.io", "you/app", "short", """{"auths":{"ghcr.io":{"username":"short","password":"x"},"ghcr.io/me":{"username":"long","password":"x"}}}""")]
    [InlineData("docker.io", "library/x", "hub", """{"auths":{"https://index.docker.io/v1/":{"auth":"aHViOng="}}}""")]
    [InlineData("docker.io", "library/x", "hub", """{"auths":{"docker.io":{"auth":"aHViOng="}}}""")]
    [InlineData("a.io:5000", "x", "old", """{"auths":{"https://a.io:5000/v1/":{"auth":"b2xkOng="}}}""")]
    [InlineData("a.io", "x", null, """{"auths":{"a.io:5000":{"auth":"b2xkOng="},"b.io":{"auth":"b2xkOng="},"a.io":{}}}""")]
    [InlineData("a.io", "x", null, "{}")]
    public void Credentials_are_found_by_the_longest_key(string host, string repository, string? user, string config)
    {
        using var file = new SettingsFile(config);
        Assert.Equal(user, CredentialFile.Load(file.Path).Find(host, repository)?.User);
    }

    [Fact]
    public void A_password_may_have_colons_and_letters_beyond_ASCII()
    {
        using var file = new SettingsFile($$"""{"auths":{"a.io":{"auth":"{{Convert.ToBase64String("u:pä:ss"u8)}}"} } }""");
        Assert.Equal("pä:ss", CredentialFile.Load(file.Path).Find("a.io", "x")!.Password);
    }

    [Fact]
    public void What_is_no_base64_is_named()
    {
        using var file = new SettingsFile("""{"auths":{"a.io":{"auth":"%%"}}}""");
        Assert.Contains("auths of a.io", Assert.ThrowsAny<JsonError>(() => CredentialFile.Load(file.Path).Find("a.io", "x")).Message);
    }

    [Fact]
    public void Login_keeps_what_it_does_not_know_and_the_file_is_the_owners()
    {
        using var file = new SettingsFile("""{"HttpHeaders":{"X":"1"},"auths":{"b.io":{"auth":"b2xkOng="}},"future":[1.50,"é"]}""");
        CredentialFile.Load(file.Path).Keep("a.io", new Credentials("u", "p"));
        var text = File.ReadAllText(file.Path);
        Assert.Contains("\"HttpHeaders\"", text);
        Assert.Contains("1.50", text);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file.Path));
        Assert.Equal("u", CredentialFile.Load(file.Path).Find("a.io", "x")!.User);
        Assert.Equal("old", CredentialFile.Load(file.Path).Find("b.io", "x")!.User);
        Assert.True(CredentialFile.Load(file.Path).Forget("a.io"));
        Assert.Null(CredentialFile.Load(file.Path).Find("a.io", "x"));
        Assert.False(CredentialFile.Load(file.Path).Forget("a.io"));
        Assert.Single(Directory.GetFiles(file.Folder));
    }

    [Fact]
    public void A_credential_helper_keeps_gives_and_forgets()
    {
        using var file = new SettingsFile("""{"credHelpers":{"a.io":"scripted"}}""");
        using var path = new Helper(file.Folder, "scripted", """
            read -r input
            case $1 in
                get) cat "$0.kept" 2>/dev/null || { echo "credentials not found in native keychain"; exit 1; } ;;
                store) echo "$input" >"$0.kept" ;;
                erase) rm "$0.kept" ;;
            esac
            """);
        Assert.Null(CredentialFile.Load(file.Path).Find("a.io", "x"));
        var settings = ScriptedRegistry.Settings with { AuthFile = file.Path };
        Cli.Login.Keep("a.io", new Credentials("u", "p\"q"), settings);
        var found = CredentialFile.Load(file.Path).Find("a.io", "x");
        Assert.Equal(("u", "p\"q"), (found!.User, found.Password));
        Assert.DoesNotContain("p\"q", File.ReadAllText(file.Path));
        Cli.Logout.Forget("a.io", settings);
        Assert.Null(CredentialFile.Load(file.Path).Find("a.io", "x"));
    }

    [Fact]
    public void A_helpers_token_is_an_identity_token_and_its_failure_is_told()
    {
        using var file = new SettingsFile("""{"credsStore":"scripted"}""");
        using var path = new Helper(file.Folder, "scripted", """
            read -r host
            [ "$host" = https://index.docker.io/v1/ ] && { echo '{"ServerURL":"x","Username":"<token>","Secret":"s"}'; exit 0; }
            echo "the keyring is locked" >&2
            exit 1
            """);
        Assert.Equal("s", CredentialFile.Load(file.Path).Find("docker.io", "library/x")!.IdentityToken);
        Assert.Contains("docker-credential-scripted get: the keyring is locked",
            Assert.ThrowsAny<JsonError>(() => CredentialFile.Load(file.Path).Find("a.io", "x")).Message);
    }

    [Fact]
    public void A_helper_that_is_missing_is_named()
    {
        using var file = new SettingsFile("""{"credsStore":"not-installed"}""");
        Assert.Contains("docker-credential-not-installed: there is no such program",
            Assert.ThrowsAny<JsonError>(() => CredentialFile.Load(file.Path).Find("a.io", "x")).Message);
    }

    [Fact]
    public void Login_is_refused_when_the_registry_refuses_and_nothing_is_kept()
    {
        using var registry = new ScriptedRegistry(exchange =>
            exchange.Answer(exchange.Authorization == "Basic dTpnb29k" ? 200 : 401, "", "WWW-Authenticate: Basic realm=\"x\""));
        Cli.Login.Check(registry.Host, new Credentials("u", "good"), ScriptedRegistry.Settings);
        Assert.Contains("401", Assert.ThrowsAny<JsonError>(() => Cli.Login.Check(registry.Host, new Credentials("u", "bad"), ScriptedRegistry.Settings)).Message);
    }

    private sealed class Helper : IDisposable
    {
        private readonly string? _before = Environment.GetEnvironmentVariable("PATH");

        public Helper(string folder, string name, string script)
        {
            var program = Path.Combine(folder, "docker-credential-" + name);
            File.WriteAllText(program, "#!/bin/sh\n" + script + "\n");
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            Environment.SetEnvironmentVariable("PATH", $"{folder}:{_before}");
        }

        public void Dispose() => Environment.SetEnvironmentVariable("PATH", _before);
    }
}
