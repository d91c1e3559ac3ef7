using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using SharpRun.Cli;
using SharpRun.CommandLine;
using SharpRun.Planning;
using Xunit;

namespace SharpRun.Tests;

/// <summary>`features` says what the code does: each of its lists is held against the tables and readers that decide.</summary>
public sealed class FeaturesTests
{
    private static readonly JsonElement s_features = JsonDocument.Parse(Features.Json()).RootElement;

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "SharpRun.sln")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }
        return folder;
    }

    private static List<string> Texts(params string[] path) =>
        [.. path.Aggregate(s_features, (element, name) => element.GetProperty(name)).EnumerateArray().Select(text => text.GetString()!)];

    private static bool Flag(params string[] path) => path.Aggregate(s_features, (element, name) => element.GetProperty(name)).GetBoolean();

    // Known to the parser: a bind mount refuses data, and data would be handed to the file system.
    private static bool IsKnown(string word)
    {
        try
        {
            MountOptions.Parse("mounts[0].options", [word], isBind: true);
            return true;
        }
        catch (SpecError)
        {
            return false;
        }
    }

    [Fact]
    public void Every_mount_option_that_is_listed_is_known_to_the_parser() =>
        Assert.All(Texts("mountOptions"), word => Assert.True(IsKnown(word), word));

    [Fact]
    public void Every_word_of_the_parsers_source_is_listed()
    {
        var source = File.ReadAllText(Path.Combine(Root(), "src", "Plan", "Spec", "MountOptions.cs"));
        var parser = source[source.IndexOf("bool Attribute(", StringComparison.Ordinal)..source.IndexOf("void AddData(", StringComparison.Ordinal)];
        var words = Regex.Matches(parser, "\"([a-z]+)\"").Select(match => match.Groups[1].Value).Where(IsKnown);
        Assert.Empty(words.Except(Texts("mountOptions")));
        Assert.True(words.Count() > 30);
    }

    [Fact]
    public void Mount_options_are_in_order_and_once() => Assert.Equal(Texts("mountOptions").Distinct().Order(StringComparer.Ordinal), Texts("mountOptions"));

    [Fact]
    public void Hooks_namespaces_and_capabilities_are_the_readers()
    {
        Assert.Equal(["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"], Texts("hooks"));
        Assert.Equal(Enum.GetValues<NamespaceType>().Select(type => type.Word()).Order(StringComparer.Ordinal), Texts("linux", "namespaces"));
        Assert.Equal(Capabilities.Names.ToArray(), Texts("linux", "capabilities"));
    }

    [Fact]
    public void Seccomp_words_are_accepted()
    {
        foreach (var (list, bundle) in new[] { ("actions", "\"defaultAction\": \"{0}\""), ("knownFlags", "\"defaultAction\": \"SCMP_ACT_ALLOW\", \"flags\": [\"{0}\"]"),
            ("archs", "\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": [\"{0}\"]"),
            ("operators", "\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"read\"], \"action\": \"SCMP_ACT_LOG\", \"args\": [{\"index\": 0, \"value\": 0, \"op\": \"{0}\"}]}]") })
        {
            Assert.All(Texts("linux", "seccomp", list), word => Read(bundle.Replace("{0}", word, StringComparison.Ordinal)));
            Assert.Throws<SpecError>(() => Read(bundle.Replace("{0}", "SCMP_NONE", StringComparison.Ordinal)));
        }
        Assert.Equal(Texts("linux", "seccomp", "knownFlags"), Texts("linux", "seccomp", "supportedFlags"));
    }

    private static void Read(string seccomp) =>
        SpecReader.Read(System.Text.Encoding.UTF8.GetBytes("{\"ociVersion\": \"1.0.2\", \"root\": {\"path\": \"r\"}, \"process\": {\"cwd\": \"/\", \"args\": [\"x\"], \"user\": {\"uid\": 0, \"gid\": 0}}, \"linux\": {\"seccomp\": {" + seccomp + "}}}"), null);

    [Fact]
    public void What_is_refused_as_not_built_is_not_enabled()
    {
        Assert.Equal(!Has(NotYet.Linux, "intelRdt"), Flag("linux", "intelRdt", "enabled"));
        Assert.Equal(!Has(NotYet.Linux, "netDevices"), Flag("linux", "netDevices", "enabled"));
        Assert.All([Flag("linux", "apparmor", "enabled"), Flag("linux", "selinux", "enabled"), Flag("linux", "cgroup", "rdma"), Flag("linux", "mountExtensions", "idmap", "enabled")], Assert.True);
    }

    private static bool Has(NotYetProperty[] properties, string name) => properties.Any(property => property.Name == name);

    // An annotation that a manager takes from an image must not change the container without a word.
    [Fact]
    public void Every_annotation_that_is_honoured_is_named()
    {
        // sharprun-image honours none.
        var sources = new[] { "SharpRun", "Plan" }.SelectMany(room => Directory.GetFiles(Path.Combine(Root(), "src", room), "*.cs", SearchOption.AllDirectories))
            .Where(file => !Regex.IsMatch(file, "/(obj|bin)/") && !file.EndsWith("/Features.cs", StringComparison.Ordinal));
        var named = sources.SelectMany(file => Regex.Matches(File.ReadAllText(file), "\"((?:run\\.oci|org\\.systemd\\.property|org\\.criu)\\.[^\"]*)\"").Select(match => match.Groups[1].Value));
        Assert.Empty(named.Where(name => !Features.UnsafeAnnotations.Any(known => known == name || (known.EndsWith('.') && name.StartsWith(known, StringComparison.Ordinal)))));
    }
}
