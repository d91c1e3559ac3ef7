using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using SharpRun.CommandLine;
using SharpRun.Image.Transports;
using SharpRun.Image.Unpack;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Cli;

static class UnpackCommand
{
    private const string Rootfs = "rootfs";

    public static Command Command => new("unpack", "[flags] IMAGE BUNDLE | --layers IMAGE", "unpack an image into a bundle, or its layers into the store",
    [
        Flag.Switch("layers", "each layer into the store, in overlay's form"),
        Flag.Switch("rootfs-only", "BUNDLE/rootfs without BUNDLE/config.json"),
        Flag.Text("uid-map", "C:H:N", "N uids from C on of the image become those from H on here (may be repeated)"),
        Flag.Text("gid-map", "C:H:N", "the same for gids"),
        Flag.Switch("rootless", "everything belongs to the caller; what cannot be made is written down, as umoci --rootless does"),
    ], Act)
    { LeastWords = 1, MostWords = 2 };

    private static int Act(Arguments arguments, Options options)
    {
        if (arguments.Is("layers"))
        {
            throw new UsageError("unpack --layers: not built yet", isUnsupported: true);
        }
        if (arguments.Words.Count != 2)
        {
            throw new UsageError("unpack: IMAGE and BUNDLE are expected");
        }
        if (!arguments.Is("rootfs-only"))
        {
            throw new UsageError("unpack without --rootfs-only: config.json is not built yet", isUnsupported: true);
        }
        var owners = OwnersOf(arguments);
        var bundle = AbsolutePath.Of(arguments.Words[1]);
        using var image = OpenImage.Open(Local(arguments.Words[0]), options);
        // What is made gets the modes that the image says, whatever the caller's umask.
        Sys.Umask(0);
        var losses = new Losses();
        ImageUnpack.Into(image, bundle, Rootfs, owners, losses);
        Warn(losses, options);
        Output.Write(options.IsJson ? Json(image, bundle) : bundle + "\n");
        return 0;
    }

    /// <summary>Only the verbs that move images talk to registries.</summary>
    private static ImageName Local(string text) => ImageName.Parse(text) switch
    {
        ImageName.Registry registry => throw new UsageError($"unpack {registry}: pull it first, unpack reads no registry"),
        ImageName.Directory directory => throw new UsageError($"unpack {directory}: it is a root file system already"),
        var name => name,
    };

    private static Owners OwnersOf(Arguments arguments)
    {
        var isRootless = arguments.Is("rootless");
        var owners = new Owners(IdMap.Parse("uid-map", arguments.Texts("uid-map")), IdMap.Parse("gid-map", arguments.Texts("gid-map"))) { IsRootless = isRootless };
        return isRootless || Sys.GetEuid() == 0
            ? owners
            : throw new UsageError("unpack: only root can give files to the users of an image; --rootless keeps them the caller's");
    }

    private static void Warn(Losses losses, Options options)
    {
        if (options.IsQuiet)
        {
            return;
        }
        foreach (var sentence in losses.Sentences())
        {
            Output.WriteError($"sharprun-image: warning: {sentence}\n");
        }
    }

    private static string Json(OpenImage image, string bundle)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("bundle", bundle);
            json.WriteString(Rootfs, $"{bundle}/{Rootfs}");
            json.WriteString("manifest", image.Descriptor.Digest.Text);
            json.WriteEndObject();
        }
        buffer.Write("\n"u8);
        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
