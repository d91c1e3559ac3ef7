using System;
using System.Buffers;
using System.Globalization;

namespace SharpRun.Oci;

/// <summary>A name of the grammar that docker and every registry share (distribution-spec, "Pulling manifests"; docker's "reference" rules):
/// "docker.io/library/ubuntu:latest". With a digest, the tag is only a word for people. Without both, the tag is "latest".</summary>
public sealed record RegistryReference
{
    public const string DockerHub = "docker.io";
    private const string Library = "library/", Latest = "latest";

    /// <summary>Characters of host and repository together; of a tag.</summary>
    private const int MaxNameLength = 255, MaxTagLength = 128;

    private static readonly SearchValues<char> s_tag = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");
    private static readonly SearchValues<char> s_host = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-");
    private static readonly SearchValues<char> s_hexadecimal = SearchValues.Create("0123456789abcdef");
    private static readonly SearchValues<char> s_address = SearchValues.Create("0123456789abcdefABCDEF:.");

    private RegistryReference(string host, string repository, string? tag, Digest? digest) =>
        (Host, Repository, Tag, Digest) = (host, repository, tag, digest);

    /// <summary>With its port: "localhost:5000", "[::1]:5000", "docker.io" (whose servers have other names).</summary>
    public string Host { get; }

    /// <summary>"library/ubuntu".</summary>
    public string Repository { get; }

    /// <summary>Null when there is a digest and no tag.</summary>
    public string? Tag { get; }

    public Digest? Digest { get; }

    /// <summary>What a registry is asked for: the digest if there is one.</summary>
    public string Wanted => Digest?.Text ?? Tag!;

    /// <summary>"docker.io/library/ubuntu".</summary>
    public string Name => $"{Host}/{Repository}";

    /// <summary>As docker shows it: "ubuntu:latest", "me/x:1"; names of all other hosts are whole, and so is one that would be taken for theirs.</summary>
    public string Familiar
    {
        get
        {
            if (Host != DockerHub)
            {
                return ToString();
            }
            var isOfficial = Repository.StartsWith(Library, StringComparison.Ordinal) && !Repository[Library.Length..].Contains('/');
            var name = isOfficial ? Repository[Library.Length..] : Repository;
            return !isOfficial && IsHost(name[..name.IndexOf('/', StringComparison.Ordinal)]) ? ToString() : name + Suffix;
        }
    }

    private string Suffix => (Tag is null ? "" : ":" + Tag) + (Digest is { } digest ? "@" + digest : "");

    /// <summary>The whole name, which is the store's.</summary>
    public override string ToString() => Name + Suffix;

    public RegistryReference WithTag(string tag) => new(Host, Repository, CheckedTag(tag, tag), null);

    public RegistryReference WithDigest(Digest digest) => new(Host, Repository, Tag, digest);

    public static RegistryReference Parse(string text)
    {
        var (name, tag, digest) = Split(text);
        var (host, repository) = HostAndRepository(name, text);
        return new RegistryReference(host, repository, tag ?? (digest is null ? Latest : null), digest);
    }

    /// <summary>A repository alone, as `tags` wants it; its Tag says nothing.</summary>
    public static RegistryReference ParseRepository(string text)
    {
        var (_, tag, digest) = Split(text);
        return tag is null && digest is null ? Parse(text) : throw Bad(text, $"a repository is expected, without {(digest is null ? "a tag" : "a digest")}");
    }

    /// <summary>The host alone, as `login` and `catalog` want it.</summary>
    public static string ParseHost(string text)
    {
        var host = text.StartsWith("https://", StringComparison.Ordinal) ? text[8..] : text.StartsWith("http://", StringComparison.Ordinal) ? text[7..] : text;
        host = host.EndsWith('/') ? host[..^1] : host;
        return CheckedHost(host is "index.docker.io" or "registry-1.docker.io" or "index.docker.io/v1" ? DockerHub : host, text);
    }

    private static (string Name, string? Tag, Digest? Digest) Split(string text)
    {
        if (text.Length == 0)
        {
            throw new ImageError("an image's name is empty");
        }
        Digest? digest = null;
        var name = text;
        var at = name.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0)
        {
            digest = Oci.Digest.TryParse(name[(at + 1)..], out var parsed) ? parsed : throw Bad(text, $"\"{name[(at + 1)..]}\" is no sha256 or sha512 digest");
            name = name[..at];
        }
        // A colon before the last slash is a port's.
        var colon = name.LastIndexOf(':');
        if (colon < 0 || colon < name.LastIndexOf('/'))
        {
            return (name, null, digest);
        }
        return (name[..colon], CheckedTag(name[(colon + 1)..], text), digest);
    }

    private static (string Host, string Repository) HostAndRepository(string name, string text)
    {
        if (OciCheck.ImageNameIsShort.Fails(name.Length > MaxNameLength))
        {
            throw Bad(text, $"it is longer than {MaxNameLength} characters");
        }
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var hasHost = slash >= 0 && IsHost(name[..slash]);
        var host = hasHost ? CheckedHost(name[..slash], text) : DockerHub;
        host = host == "index.docker.io" ? DockerHub : host;
        var repository = hasHost ? name[(slash + 1)..] : name;
        if (repository.Length == 64 && repository.AsSpan().IndexOfAnyExcept(s_hexadecimal) < 0 && !hasHost)
        {
            throw Bad(text, "64 hexadecimal digits are an image's id; write sha256: before them");
        }
        CheckRepository(repository, text);
        return (host, host == DockerHub && !repository.Contains('/') ? Library + repository : repository);
    }

    // docker's rule: what could be a repository's first word is one, unless it is localhost.
    private static bool IsHost(string word) => word.AsSpan().IndexOfAny('.', ':') >= 0 || word == "localhost" || word.AsSpan().ContainsAnyInRange('A', 'Z');

    private static void CheckRepository(string repository, string text)
    {
        if (repository.AsSpan().ContainsAnyInRange('A', 'Z'))
        {
            throw Bad(text, "a repository has only lower-case letters");
        }
        foreach (var word in repository.Split('/'))
        {
            CheckWord(word, text);
        }
    }

    // Letters and digits; between them one "." or "_", two "_", or any number of "-".
    private static void CheckWord(string word, string text)
    {
        var at = 0;
        while (true)
        {
            var start = at;
            while (at < word.Length && (char.IsAsciiLetterLower(word[at]) || char.IsAsciiDigit(word[at])))
            {
                at++;
            }
            if (at == start)
            {
                throw Bad(text, word.Length == 0 ? "a word between its slashes is empty"
                    : $"\"{word}\" is not made of letters, digits and single . _ - between them");
            }
            if (at == word.Length)
            {
                return;
            }
            start = at;
            while (at < word.Length && word[at] is '.' or '_' or '-')
            {
                at++;
            }
            var separator = word.AsSpan(start, at - start);
            if (separator is not ("." or "_" or "__") && separator.IndexOfAnyExcept('-') >= 0 || separator.IsEmpty)
            {
                throw Bad(text, $"\"{word}\" is not made of letters, digits and single . _ - between them");
            }
        }
    }

    private static string CheckedTag(string tag, string text)
    {
        var isTag = tag.Length is > 0 and <= MaxTagLength && tag.AsSpan().IndexOfAnyExcept(s_tag) < 0 && tag[0] is not ('.' or '-');
        return OciCheck.TagIsOne.Passes(isTag) ? tag : throw Bad(text, $"\"{tag}\" is no tag: up to {MaxTagLength} letters, digits, _ . - are expected, not beginning with . or -");
    }

    private static string CheckedHost(string host, string text)
    {
        var bracket = host.StartsWith('[') ? host.IndexOf(']', StringComparison.Ordinal) : -1;
        var colon = host.IndexOf(':', Math.Max(bracket, 0));
        var name = colon < 0 ? host : host[..colon];
        var isName = bracket > 0
            ? name.Length == bracket + 1 && bracket > 2 && name.AsSpan(1, bracket - 1).IndexOfAnyExcept(s_address) < 0
            : name.Length > 0 && name.AsSpan().IndexOfAnyExcept(s_host) < 0 && Array.TrueForAll(name.Split('.'), IsLabel);
        if (OciCheck.HostIsOne.Fails(!isName))
        {
            throw Bad(text, $"\"{host}\" is no host");
        }
        if (colon >= 0 && !(int.TryParse(host.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536))
        {
            throw Bad(text, $"\"{host[(colon + 1)..]}\" is no port");
        }
        return host;
    }

    private static bool IsLabel(string label) => label.Length > 0 && label[0] != '-' && label[^1] != '-';

    private static ImageError Bad(string text, string problem) => new($"\"{text}\" is no image name: {problem}");
}
