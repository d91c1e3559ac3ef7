using SharpRun.CommandLine;
using SharpRun.Image.Blobs;
using SharpRun.Image.Pack;
using SharpRun.LayerTar;
using SharpRun.Oci;

namespace SharpRun.Image.Cli;

static class PackCommand
{
    public static Command Command => new("pack", "[flags] BUNDLE IMAGE | --upper DIR IMAGE", "make a layer of what was changed",
    [
        Flag.Text("upper", "DIR", "the change is an overlay's upper directory, not a bundle"),
        Flag.Text("base", "IMAGE", "what the layer is put on (default: what BUNDLE was unpacked from, or IMAGE as it is)"),
        Flag.Text("compress", "KIND", "gzip (default), zstd or none"),
        Flag.Text("uid-map", "C:H:N", "N uids from H on here are those from C on in the image (default: as unpack was told)"),
        Flag.Text("gid-map", "C:H:N", "the same for gids"),
        Flag.Switch("rootless", "owners are those that unpack --rootless has written down"),
        Flag.Text("mask-path", "PATH", "a path of the container that is not looked at (may be repeated)"),
        Flag.Switch("no-mask-volumes", "look at the image's volumes, too"),
        Flag.Text("created-by", "TEXT", "history: what has made the change (default \"sharprun-image pack\")"),
        Flag.Text("author", "TEXT", "history and config: who has"),
        Flag.Text("comment", "TEXT", "history: why"),
        .. ConfigFlags.Flags,
    ], Act)
    { LeastWords = 1, MostWords = 2, Alias = "repack" };

    private static int Act(Arguments arguments, Options options)
    {
        var request = RequestOf(arguments);
        var packed = new Packing(request, options).Run();
        JsonOutput.WriteResult(options, packed.Manifest.Digest.Text, json =>
        {
            json.WriteString("image", request.Image.Given);
            json.WriteString("manifest", packed.Manifest.Digest.Text);
            if (packed.Layer is { } layer)
            {
                json.WriteString("layer", layer.Blob.Digest.Text);
                json.WriteNumber("size", layer.Blob.Size);
                json.WriteString("diffId", layer.DiffId.Text);
            }
        });
        return 0;
    }

    private static PackRequest RequestOf(Arguments arguments)
    {
        var upper = AbsolutePath.OfOptional(arguments.Text("upper"));
        if (arguments.Words.Count != (upper is null ? 2 : 1))
        {
            throw new UsageError(upper is null ? "pack: BUNDLE and IMAGE are expected" : "pack --upper: IMAGE alone is expected");
        }
        var isMapped = arguments.Is("rootless") || arguments.Text("uid-map") is not null || arguments.Text("gid-map") is not null;
        return new PackRequest(upper is null ? AbsolutePath.Of(arguments.Words[0]) : null, upper, Words.Image(arguments.Words[^1]))
        {
            Base = arguments.Text("base") is { } name ? Words.Image(name) : null,
            Compression = arguments.Text("compress") switch
            {
                null or "gzip" => Compression.Gzip,
                "zstd" => Compression.Zstd,
                "none" => Compression.None,
                var other => throw new UsageError($"invalid value \"{other}\" for --compress: gzip, zstd or none is expected"),
            },
            Owners = isMapped ? UnpackCommand.MapsOf(arguments) : null,
            History = new History
            {
                CreatedBy = arguments.Text("created-by") ?? "sharprun-image pack",
                Author = arguments.Text("author"),
                Comment = arguments.Text("comment"),
            },
            Masks = arguments.Texts("mask-path"),
            MasksVolumes = !arguments.Is("no-mask-volumes"),
            ChangeConfig = ConfigFlags.AreIn(arguments) ? config => ConfigFlags.Apply(config, arguments) : null,
        };
    }
}
