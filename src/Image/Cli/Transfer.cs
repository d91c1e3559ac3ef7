using System;
using System.IO;
using SharpRun.CommandLine;
using SharpRun.Image.Transports;
using SharpRun.Json;
using SharpRun.Oci;

namespace SharpRun.Image.Cli;

/// <summary>What pull, push and copy have in common: an image goes from here to there, and its manifest's digest is printed.</summary>
static class Transfer
{
    public static Flag[] Flags { get; } =
    [
        Flag.Switch("all-platforms", "the whole index, not only this machine's image"),
        Flag.Switch("verify", "read the blobs that are there already, and fetch anew what is corrupt"),
    ];

    public static int Run(string verb, ImageName from, ImageName to, Arguments arguments, Options options)
    {
        var all = arguments.Is("all-platforms");
        if (all && options.Platform is not null)
        {
            throw new UsageError($"{verb}: --platform and --all-platforms exclude each other");
        }
        options = options with { VerifiesBlobs = arguments.Is("verify") };
        if (to is ImageName.Directory root)
        {
            return all ? throw new UsageError($"{verb}: a directory has room for one platform") : UnpackCommand.IntoDirectory(from, root, options);
        }
        using var source = Transport.OpenSource(from, options, mayFetch: true);
        var named = Documents.Top(source);
        using var destination = Transport.OpenDestination(to, options);
        using var progress = new CopyProgress($"{verb} {from}", options.IsQuiet);
        var top = new ImageCopy(source, destination, progress).Run(named, options.Platform, all);
        progress.Done();
        JsonOutput.WriteResult(options, top.Digest.Text, json =>
        {
            json.WriteString("name", destination.Name);
            json.WriteString("digest", top.Digest.Text);
            json.WriteString("mediaType", top.MediaType);
            json.WriteNumber("size", top.Bytes.Length);
        });
        return 0;
    }

    /// <summary>A bare name as the registry's.</summary>
    public static ImageName AtRegistry(ImageName name) => name is ImageName.Bare bare ? new ImageName.Registry(bare.Given, bare.Reference) : name;

    /// <summary>The name in the store of what comes from elsewhere and is given none.</summary>
    public static ImageName NameInStore(ImageName name)
    {
        var reference = name switch
        {
            ImageName.Registry registry => registry.Reference,
            ImageName.Bare bare => bare.Reference,
            ImageName.OciLayout layout => Local(name, layout.Path, layout.Reference),
            ImageName.OciArchive archive => Local(name, archive.Path, archive.Reference),
            ImageName.DockerArchive archive => archive.Reference ?? Local(name, archive.Path, null),
            ImageName.Directory directory => Local(name, directory.Path, null),
            _ => throw new UsageError($"{name}: the store has it already"),
        };
        return new ImageName.Bare(reference.ToString(), reference);
    }

    // "oci:/images/Busybox:1.36" becomes localhost/busybox:1.36, as podman does it.
    private static RegistryReference Local(ImageName name, string path, string? reference)
    {
        if (reference is not null && reference.Contains('/', StringComparison.Ordinal))
        {
            return RegistryReference.Parse(reference);
        }
        var word = Path.GetFileName(Path.TrimEndingDirectorySeparator(path)).ToLowerInvariant();
        word = word.IndexOf(".tar", StringComparison.Ordinal) is > 0 and var end ? word[..end] : word;
        try
        {
            return RegistryReference.Parse($"localhost/{word}:{reference ?? "latest"}");
        }
        catch (JsonError)
        {
            throw new UsageError($"{name}: there is no name for it in the store: give one behind it");
        }
    }
}
