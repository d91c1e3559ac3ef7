using System;
using System.Collections.Generic;
using System.IO;
using SharpRun.Oci;

namespace SharpRun.Image.Registry;

/// <summary>Which of a name's forms a mirror is asked for (containers-registries.conf, "pull-from-mirror").</summary>
enum MirrorUse
{
    All, DigestOnly, TagOnly,
}

/// <summary>Where a repository's content may be instead; Location is HOST[/PATH], and takes the place of the registry's prefix.</summary>
sealed record Mirror(string Location, bool IsInsecure, MirrorUse Use);

/// <summary>One [[registry]] of registries.conf. Prefix is HOST[/PATH] or *.DOMAIN.</summary>
sealed record RegistryRule(string Prefix, string? Location, bool IsInsecure, bool IsBlocked)
{
    public List<Mirror> Mirrors { get; } = [];

    /// <summary>For all mirrors, whatever their own rows say.</summary>
    public bool MirrorsByDigestOnly { get; init; }

    /// <summary>How many characters of HOST/REPOSITORY the prefix covers; -1 when it is of another.</summary>
    public int Covers(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var host = slash < 0 ? name.Length : slash;
        if (Prefix.StartsWith("*.", StringComparison.Ordinal))
        {
            return name.AsSpan(0, host).EndsWith(Prefix.AsSpan(1)) ? host : -1;
        }
        var isPrefix = name.StartsWith(Prefix, StringComparison.Ordinal) && (name.Length == Prefix.Length || name[Prefix.Length] == '/');
        return isPrefix ? Prefix.Length : -1;
    }
}

/// <summary>
/// registries.conf, version 2, as containers-registries.conf(5) has it: [[registry]] with prefix, location, insecure, blocked,
/// mirror-by-digest-only, and [[registry.mirror]] with location, insecure, pull-from-mirror. What concerns short names is passed over: a short
/// name means docker.io here. The old [registries.*] tables are refused, for they would block or open registries unnoticed.
/// </summary>
sealed class RegistriesFile
{
    private const string Main = "/etc/containers/registries.conf", DropIns = "/etc/containers/registries.conf.d";

    private readonly List<RegistryRule> _rules = [];

    public static RegistriesFile Load(RegistrySettings settings)
    {
        var file = new RegistriesFile();
        var chosen = settings.RegistriesFile ?? Environment.GetEnvironmentVariable("CONTAINERS_REGISTRIES_CONF");
        if (chosen is { Length: > 0 })
        {
            file.Add(chosen, SmallFile.Read(chosen, RegistryLimits.RegistriesFile) ?? throw new ImageError($"read {chosen}: no such file"), settings.Warn);
            return file;
        }
        var home = Environment.GetEnvironmentVariable("HOME");
        var own = home is { Length: > 0 } ? home + "/.config/containers/registries.conf" : null;
        foreach (var path in own is not null && File.Exists(own) ? [own] : MachinesFiles())
        {
            if (SmallFile.Read(path, RegistryLimits.RegistriesFile) is { } text)
            {
                file.Add(path, text, settings.Warn);
            }
        }
        return file;
    }

    private static List<string> MachinesFiles()
    {
        List<string> paths = [Main];
        if (Directory.Exists(DropIns))
        {
            var dropIns = Directory.GetFiles(DropIns, "*.conf");
            Array.Sort(dropIns, StringComparer.Ordinal);
            paths.AddRange(dropIns);
        }
        return paths;
    }

    /// <summary>The rules of a later file replace those of an earlier one with the same prefix.</summary>
    public void Add(string file, string text, Action<string> warn)
    {
        RegistryRule? last = null;
        foreach (var table in TomlReader.Read(file, text))
        {
            switch (table.Name)
            {
                case "registry":
                    last = ReadRule(file, table, warn);
                    _rules.RemoveAll(rule => rule.Prefix == last.Prefix);
                    _rules.Add(last);
                    break;
                case "registry.mirror":
                    var owner = last ?? throw new ImageError($"read {file}: line {table.Line}: a [[registry.mirror]] needs a [[registry]] before it");
                    owner.Mirrors.Add(ReadMirror(file, table, warn));
                    break;
                case "registries.search" or "registries.insecure" or "registries.block" or "registries":
                    throw new ImageError($"read {file}: line {table.Line}: [{table.Name}] is of version 1 of this format: [[registry]] is expected");
                case "" or "aliases":
                    break;
                default:
                    warn($"{file}: line {table.Line}: the table [{table.Name}] is not known, and ignored");
                    break;
            }
        }
    }

    /// <summary>The servers of HOST/REPOSITORY in the order in which they are asked, mirrors first, the registry last.</summary>
    public List<Endpoint> Resolve(string host, string repository, bool isByDigest, bool takesMirrors, bool isInsecure)
    {
        var name = repository.Length == 0 ? host : $"{host}/{repository}";
        RegistryRule? rule = null;
        foreach (var candidate in _rules)
        {
            // The longest prefix wins; of equal length, one without a star.
            if (candidate.Covers(name) >= 0 && (rule is null || candidate.Prefix.Length > rule.Prefix.Length))
            {
                rule = candidate;
            }
        }
        if (rule is null)
        {
            return [new Endpoint(host, repository, isInsecure || Endpoint.IsLocal(host))];
        }
        if (rule.IsBlocked)
        {
            throw new ImageError($"reach {name}: registries.conf blocks {rule.Prefix}");
        }
        List<Endpoint> endpoints = [];
        foreach (var mirror in takesMirrors ? rule.Mirrors : [])
        {
            var use = rule.MirrorsByDigestOnly ? MirrorUse.DigestOnly : mirror.Use;
            if (use == MirrorUse.All || use == MirrorUse.DigestOnly == isByDigest)
            {
                endpoints.Add(At(mirror.Location, mirror.IsInsecure || isInsecure, name, rule));
            }
        }
        endpoints.Add(At(rule.Location ?? name[..rule.Covers(name)], rule.IsInsecure || isInsecure, name, rule));
        return endpoints;
    }

    private static Endpoint At(string location, bool isInsecure, string name, RegistryRule rule)
    {
        var there = location + name[rule.Covers(name)..];
        var slash = there.IndexOf('/', StringComparison.Ordinal);
        var host = slash < 0 ? there : there[..slash];
        return new Endpoint(host, slash < 0 ? "" : there[(slash + 1)..], isInsecure || Endpoint.IsLocal(host));
    }

    private static RegistryRule ReadRule(string file, TomlTable table, Action<string> warn)
    {
        var row = new TomlRow(file, table);
        var location = row.Text("location");
        var prefix = row.Text("prefix") ?? location;
        if (prefix is not { Length: > 0 })
        {
            throw new ImageError($"read {file}: line {table.Line}: a [[registry]] needs a prefix or a location");
        }
        if (location is { Length: 0 } || (location is null && !prefix.StartsWith("*.", StringComparison.Ordinal)))
        {
            location = prefix;
        }
        var rule = new RegistryRule(prefix.TrimEnd('/'), location?.TrimEnd('/'), row.Is("insecure"), row.Is("blocked"))
        {
            MirrorsByDigestOnly = row.Is("mirror-by-digest-only"),
        };
        row.WarnOfRest(warn);
        return rule;
    }

    private static Mirror ReadMirror(string file, TomlTable table, Action<string> warn)
    {
        var row = new TomlRow(file, table);
        var location = row.Text("location") is { Length: > 0 } text ? text.TrimEnd('/') : throw new ImageError($"read {file}: line {table.Line}: a mirror needs a location");
        var use = row.Text("pull-from-mirror") switch
        {
            null or "" or "all" => MirrorUse.All,
            "digest-only" => MirrorUse.DigestOnly,
            "tag-only" => MirrorUse.TagOnly,
            var other => throw new ImageError($"read {file}: line {table.Line}: pull-from-mirror is \"{other}\"; all, digest-only or tag-only is expected"),
        };
        var mirror = new Mirror(location, row.Is("insecure"), use);
        row.WarnOfRest(warn);
        return mirror;
    }
}
