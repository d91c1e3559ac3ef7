using System;
using System.Collections.Generic;

namespace SharpRun.Oci;

/// <summary>An image as the command line names it: a transport and what that needs. Paths are as they were given.</summary>
public abstract record ImageName
{
    private ImageName(string given) => Given = given;

    /// <summary>As the user wrote it, for errors.</summary>
    public string Given { get; }

    public sealed override string ToString() => Given;

    /// <summary>"docker://HOST/NAME[:TAG][@DIGEST]".</summary>
    public sealed record Registry(string Text, RegistryReference Reference) : ImageName(Text);

    /// <summary>Without a transport: in the store, or, for pull and copy, at the registry.</summary>
    public sealed record Bare(string Text, RegistryReference Reference) : ImageName(Text);

    /// <summary>"sha256:…": a manifest of the store.</summary>
    public sealed record Content(string Text, Digest Digest) : ImageName(Text);

    /// <summary>"oci:DIR[:REF]"; the reference is any name within the layout.</summary>
    public sealed record OciLayout(string Text, string Path, string? Reference) : ImageName(Text);

    /// <summary>"oci-archive:FILE[:REF]".</summary>
    public sealed record OciArchive(string Text, string Path, string? Reference) : ImageName(Text);

    /// <summary>"docker-archive:FILE[:REF]".</summary>
    public sealed record DockerArchive(string Text, string Path, RegistryReference? Reference) : ImageName(Text);

    /// <summary>"dir:ROOTFS".</summary>
    public sealed record Directory(string Text, string Path) : ImageName(Text);

    public static ImageName Parse(string text)
    {
        if (Oci.Digest.TryParse(text, out var digest))
        {
            return new Content(text, digest);
        }
        if (text.StartsWith("sha256:", StringComparison.Ordinal) || text.StartsWith("sha512:", StringComparison.Ordinal))
        {
            throw new ImageError($"\"{text}\" is no digest: 64 (sha256) or 128 (sha512) hexadecimal digits in lower case are expected");
        }
        // What others call by these words; "dir:5000/x" could be a host, but nobody has a host named dir.
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var rest = colon < 0 ? "" : text[(colon + 1)..];
        switch (colon < 0 ? "" : text[..colon])
        {
            case "docker":
                return rest.StartsWith("//", StringComparison.Ordinal) ? new Registry(text, RegistryReference.Parse(rest[2..])) : BareOf(text);
            case "oci":
                var (layout, name) = PathAndReference(text, rest);
                return new OciLayout(text, layout, CheckedReference(text, name));
            case "oci-archive":
                var (file, itsName) = PathAndReference(text, rest);
                return new OciArchive(text, file, CheckedReference(text, itsName));
            case "docker-archive":
                var (archive, tag) = PathAndReference(text, rest);
                return new DockerArchive(text, archive, tag is null ? null : RegistryReference.Parse(tag));
            case "dir":
                return rest.Length > 0 ? new Directory(text, rest) : throw new ImageError($"\"{text}\" names no directory");
            case "containers-storage" or "docker-daemon" or "ostree" or "sif" or "tarball" or "atomic":
                throw new ImageError($"\"{text}\": the transport {text[..colon]}: is not supported, but docker://, oci:, oci-archive:, docker-archive:, dir:");
            case "http" or "https":
                throw new ImageError($"\"{text}\" is an address: write docker://HOST/NAME");
            default:
                return BareOf(text);
        }
    }

    private static Bare BareOf(string text) => new(text, RegistryReference.Parse(text));

    // As skopeo and umoci do: the first colon ends the path, and a name may have more of them.
    private static (string Path, string? Reference) PathAndReference(string text, string rest)
    {
        var colon = rest.IndexOf(':', StringComparison.Ordinal);
        var path = colon < 0 ? rest : rest[..colon];
        if (path.Length == 0)
        {
            throw new ImageError($"\"{text}\" names no {(text.StartsWith("oci:", StringComparison.Ordinal) ? "directory" : "file")}");
        }
        return (path, colon < 0 || colon == rest.Length - 1 ? null : rest[(colon + 1)..]);
    }

    // image-spec, annotations.md, "org.opencontainers.image.ref.name": words of letters and digits with - . _ : @ + or -- between, and slashes.
    private static string? CheckedReference(string text, string? reference)
    {
        foreach (var word in reference?.Split('/') ?? [])
        {
            var isWord = word.Length > 0 && char.IsAsciiLetterOrDigit(word[0]) && char.IsAsciiLetterOrDigit(word[^1]);
            for (var i = 0; i < word.Length && isWord; i++)
            {
                isWord = char.IsAsciiLetterOrDigit(word[i]) || word[i] is '-' or '.' or '_' or ':' or '@' or '+';
            }
            if (!isWord)
            {
                throw new ImageError($"\"{text}\": \"{reference}\" is no reference of a layout: letters and digits, with - . _ : @ + / between them");
            }
        }
        return reference;
    }
}
