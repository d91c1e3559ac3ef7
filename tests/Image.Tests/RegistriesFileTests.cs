using System;
using System.Collections.Generic;
using SharpRun.Image.Registry;
using SharpRun.Json;
using SharpRun.Oci;
using Xunit;

namespace SharpRun.Image.Tests;

/// <summary>registries.conf, and lists that come page by page.</summary>
public sealed class RegistriesFileTests
{
    private static List<Endpoint> Resolve(string text, string host, string repository, bool isByDigest = false, Action<string>? warn = null)
    {
        var file = new RegistriesFile();
        file.Add("registries.conf", text, warn ?? (sentence => Assert.Fail(sentence)));
        return file.Resolve(host, repository, isByDigest, takesMirrors: true, isInsecure: false);
    }

    [Fact]
    public void Without_a_rule_the_host_itself_is_asked() =>
        Assert.Equal([new Endpoint("ghcr.io", "me/x", false)],
            Resolve("# nothing\nunqualified-search-registries = [\"docker.io\",\n 'quay.io', ]\n", "ghcr.io", "me/x"));

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("localhost:5000", true)]
    [InlineData("127.8.9.1:5000", true)]
    [InlineData("[::1]:5000", true)]
    [InlineData("localhost.evil.io", false)]
    [InlineData("127.0.0.1.evil.io", false)]
    [InlineData("10.0.0.1:5000", false)]
    public void Only_this_machines_registries_are_insecure_by_themselves(string host, bool isInsecure) =>
        Assert.Equal(isInsecure, Resolve("", host, "x")[0].IsInsecure);

    [Fact]
    public void Mirrors_come_first_with_their_own_paths_and_security()
    {
        var endpoints = Resolve("""
            [[registry]]
            prefix = "docker.io" # the hub
            location = "hub.corp:8443/proxy"
            [[registry.mirror]]
            location = "m1:5000/hub"
            insecure = true
            [[registry.mirror]]
            location = 'm2'
            pull-from-mirror = "digest-only"
            """, "docker.io", "library/ubuntu");
        Assert.Equal([new Endpoint("m1:5000", "hub/library/ubuntu", true), new Endpoint("hub.corp:8443", "proxy/library/ubuntu", false)], endpoints);
    }

    [Theory]
    [InlineData(true, "m")]
    [InlineData(false, "a.io")]
    public void A_mirror_may_be_for_digests_only(bool isByDigest, string first) =>
        Assert.Equal(first,
            Resolve("[[registry]]\nlocation=\"a.io\"\nmirror-by-digest-only=true\n[[registry.mirror]]\nlocation=\"m\"", "a.io", "x", isByDigest)[0].Host);

    [Theory]
    [InlineData("a.io", "x/y", "deep")]
    [InlineData("a.io", "x/yy", "x")]
    [InlineData("a.io", "z", "top")]
    [InlineData("b.a.io", "z", "star")]
    [InlineData("a.io.evil", "x", "a.io.evil")]
    public void The_longest_prefix_wins(string host, string repository, string location) => Assert.Equal(location, Resolve("""
        [[registry]]
        prefix = "a.io"
        location = "top"
        [[registry]]
        prefix = "a.io/x"
        location = "x"
        [[registry]]
        prefix = "a.io/x/y"
        location = "deep"
        [[registry]]
        prefix = "*.a.io"
        location = "star"
        """, host, repository)[0].Host);

    [Fact]
    public void A_blocked_registry_is_refused_by_name() =>
        Assert.Contains("blocks a.io",
            Assert.ThrowsAny<JsonError>(() => Resolve("[[registry]]\nprefix=\"a.io\"\nlocation=\"a.io\"\nblocked=true", "a.io", "x")).Message);

    [Fact]
    public void Unknown_keys_are_warned_of()
    {
        List<string> warnings = [];
        Resolve("[[registry]]\nlocation=\"a.io\"\ncolour=\"red\"\n[engine]\nx=1", "a.io", "x", warn: warnings.Add);
        Assert.Equal(["registries.conf: line 3: the key \"colour\" is not known, and ignored",
            "registries.conf: line 4: the table [engine] is not known, and ignored"], warnings);
    }

    [Theory]
    [InlineData("[registries.search]\nregistries = ['docker.io']", "version 1")]
    [InlineData("[[registry.mirror]]\nlocation='m'", "line 1: a [[registry.mirror]] needs a [[registry]] before it")]
    [InlineData("[[registry]]\ninsecure=true", "line 1: a [[registry]] needs a prefix or a location")]
    [InlineData("[[registry]]\nlocation='a'\ninsecure='yes'", "line 3: \"insecure\" must be true or false")]
    [InlineData("[[registry]]\nlocation='a'\n[[registry.mirror]]\nlocation='m'\npull-from-mirror='never'", "never")]
    [InlineData("\nx = \"", "line 2: a string has no end")]
    [InlineData("x = {a=1}", "line 1: the value \"{a=1}\"")]
    [InlineData("x = 1 y = 2", "line 1: unexpected 'y'")]
    [InlineData("x = \"\"\"a\"\"\"", "several lines")]
    [InlineData("x = 1\nx = 2", "\"x\" is there twice")]
    [InlineData("[a]\n[a]", "the table [a] is there twice")]
    [InlineData("x = [1]", "a string or the array's end is expected")]
    [InlineData("[[registry]\n", "\"]]\" is expected")]
    [InlineData("= 1", "a key is expected")]
    [InlineData("x = \"\\u0041\"", "an escape other than")]
    public void What_is_wrong_in_it_is_told_with_its_line(string text, string reason) =>
        Assert.Contains(reason, Assert.ThrowsAny<JsonError>(() => Resolve(text, "a", "x")).Message);

    private static List<string> Tags(ScriptedRegistry registry)
    {
        using var client = new RegistryClient(new Endpoint(registry.Host, "a", true), ScriptedRegistry.Settings);
        return NamePages.Tags(client);
    }

    [Fact]
    public void Pages_are_followed_by_their_links()
    {
        using var registry = new ScriptedRegistry(exchange =>
        {
            if (exchange.Target.Contains("last=b%2B", StringComparison.Ordinal))
            {
                exchange.Answer(200, """{"tags":["c"]}""");
                return;
            }
            exchange.Answer(200, """{"tags":["a","b"]}""", "Link: </v2/a/tags/list?n=2&last=b%2B>; rel=\"next\"");
        });
        Assert.Equal(["a", "b", "c"], Tags(registry));
    }

    [Fact]
    public void Pages_in_a_circle_end()
    {
        using var registry = new ScriptedRegistry(exchange => exchange.Answer(200, """{"tags":["a"]}""", "Link: </v2/a/tags/list?n=1000>; rel=\"next\""));
        Assert.Contains("circle", Assert.ThrowsAny<JsonError>(() => Tags(registry)).Message);
    }

    [Fact]
    public void A_link_to_another_host_stays_here()
    {
        using var other = new ScriptedRegistry(exchange => exchange.Answer(200, """{"tags":["evil"]}"""));
        using var registry = new ScriptedRegistry(exchange =>
        {
            var isLast = exchange.Target.Contains("page2", StringComparison.Ordinal);
            exchange.Answer(200, """{"tags":["a"]}""", isLast ? "X: 1" : $"Link: <http://{other.Host}/v2/a/tags/list?page2>; rel=next");
        });
        Assert.Equal(["a", "a"], Tags(registry));
        Assert.Empty(other.Seen);
    }

    [Theory]
    [InlineData("""{"tags":["a\nb"]}""", "is no name")]
    [InlineData("""{"tags":["\u001b[2J"]}""", "is no name")]
    [InlineData("""{"tags":[""]}""", "is no name")]
    [InlineData("""{"tags":[1]}""", "not the JSON of a list of tags")]
    [InlineData("""[]""", "not the JSON of a list of tags")]
    public void Names_that_would_not_be_a_line_are_refused(string answer, string reason)
    {
        using var registry = new ScriptedRegistry(exchange => exchange.Answer(200, answer));
        Assert.Contains(reason, Assert.ThrowsAny<JsonError>(() => Tags(registry)).Message);
    }

    [Fact]
    public void A_repository_without_tags_has_none()
    {
        using var registry = new ScriptedRegistry(exchange => exchange.Answer(200, """{"name":"a","tags":null}"""));
        Assert.Empty(Tags(registry));
    }

    [Theory]
    [InlineData("app", "me/app/x", true)]
    [InlineData("app", "me/ap", false)]
    [InlineData("me/*", "me/app", true)]
    [InlineData("me/*", "you/me/app", false)]
    public void The_catalogues_filter_is_a_part_or_a_pattern(string filter, string name, bool isMatch) =>
        Assert.Equal(isMatch, Cli.Catalog.IsMatch(filter, name));
}
