using System.Linq;
using SharpRun.CommandLine;
using SharpRun.Image.Transports;
using SharpRun.Image.Unpack;
using SharpRun.LayerStore;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Cli;

/// <summary>unpack --layers IMAGE.</summary>
static class UnpackLayers
{
    public static int Act(Arguments arguments, Options options)
    {
        if (arguments.Words.Count != 1)
        {
            throw new UsageError("unpack --layers: IMAGE alone is expected");
        }
        if (arguments.Texts("uid-map").Count + arguments.Texts("gid-map").Count > 0 || arguments.Is("rootfs-only"))
        {
            throw new UsageError(
                "unpack --layers: layers keep the ids of the image, whoever mounts them maps; --uid-map, --gid-map, --rootfs-only are not for it");
        }
        var isRootless = arguments.Is("rootless");
        if (!isRootless && Sys.GetEuid() != 0)
        {
            throw new UsageError("unpack: only root can give files to the users of an image; --rootless keeps them the caller's");
        }
        using var image = OpenImage.Open(Words.Image(arguments.Words[0]), options);
        // What is made gets the modes that the image says, whatever the caller's umask.
        Sys.Umask(0);
        var losses = new Losses();
        var owners = new Owners(IdMap.Identity, IdMap.Identity) { IsRootless = isRootless };
        var chain = ChainUnpack.Into(new StorePaths(options.Root), image, owners, losses, sentence => Warn(sentence, options));
        foreach (var sentence in losses.Sentences())
        {
            Warn(sentence, options);
        }
        if (chain.Count == 0)
        {
            throw new ImageError($"unpack {image.Name}: it has no layers");
        }
        JsonOutput.WriteResult(options, string.Join('\n', chain.Select(chainId => chainId.Text)), json =>
        {
            json.WriteString("manifest", image.Descriptor.Digest.Text);
            json.WriteStartArray("layers");
            foreach (var chainId in chain)
            {
                json.WriteStringValue(chainId.Text);
            }
            json.WriteEndArray();
        });
        return 0;
    }

    private static void Warn(string sentence, Options options)
    {
        if (!options.IsQuiet)
        {
            Output.WriteError($"sharprun-image: warning: {sentence}\n");
        }
    }
}
