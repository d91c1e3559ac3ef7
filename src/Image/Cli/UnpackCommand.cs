using System;
using System.Collections.Generic;
using System.Linq;
using SharpRun.CommandLine;
using SharpRun.Image.Bundle;
using SharpRun.Image.Pack;
using SharpRun.Image.Transports;
using SharpRun.Image.Unpack;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Cli;

static class UnpackCommand
{
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
            return UnpackLayers.Act(arguments, options);
        }
        if (arguments.Words.Count != 2)
        {
            throw new UsageError("unpack: IMAGE and BUNDLE are expected");
        }
        var owners = OwnersOf(arguments);
        var bundle = AbsolutePath.Of(arguments.Words[1]);
        var name = Words.Image(arguments.Words[0]);
        using var image = OpenImage.Open(name, options);
        var record = BundleRecord.Of(image, name, owners);
        var config = arguments.Is("rootfs-only") ? null : Config(image, bundle, owners, arguments, options);
        var path = Unpack(image, bundle, BundleDirectory.Rootfs, owners, options, root =>
        {
            config?.Invoke(root);
            record.Write(bundle);
        });
        JsonOutput.WriteResult(options, bundle, json =>
        {
            json.WriteString("bundle", bundle);
            json.WriteString("rootfs", path);
            json.WriteString("manifest", image.Descriptor.Digest.Text);
        });
        return 0;
    }

    /// <summary>dir: as the destination of pull, push and copy.</summary>
    public static int IntoDirectory(ImageName from, ImageName.Directory to, Options options)
    {
        RequireRoot(isRootless: false);
        var path = AbsolutePath.Of(to.Path);
        var slash = path.LastIndexOf('/');
        if (slash == path.Length - 1)
        {
            throw new UsageError($"{to}: / is there already");
        }
        using var image = OpenImage.Of(Transport.OpenSource(from, options, mayFetch: true), options.Platform);
        Unpack(image, slash == 0 ? "/" : path[..slash], path[(slash + 1)..], Owners.OfImage, options, null);
        JsonOutput.WriteResult(options, image.Descriptor.Digest.Text, json =>
        {
            json.WriteString("name", to.ToString());
            json.WriteString("digest", image.Descriptor.Digest.Text);
        });
        return 0;
    }

    private static string Unpack(OpenImage image, string directory, string name, Owners owners, Options options, Action<string>? done)
    {
        // What is made gets the modes that the image says, whatever the caller's umask.
        Sys.Umask(0);
        var losses = new Losses();
        ImageUnpack.Into(image, directory, name, owners, losses, done);
        foreach (var sentence in losses.Sentences())
        {
            Warnings.Of(options)(sentence);
        }
        return $"{directory}/{name}";
    }

    // config.json is there before the root has its name: a bundle with a root is whole.
    private static Action<string> Config(OpenImage image, string bundle, Owners owners, Arguments arguments, Options options)
    {
        var warn = Warnings.Of(options);
        var host = HostFacts.Read();
        var request = BundleCommand.RequestOf(arguments, host, warn);
        var wishes = image.Config.Config;
        if (wishes.Entrypoint is not { Count: > 0 } && wishes.Cmd is not { Count: > 0 })
        {
            warn($"{image.Name} has neither an entrypoint nor a command: its config.json starts sh");
            request = request with { Arguments = ["sh"] };
        }
        request = request with
        {
            UidMaps = owners.Uids.IsIdentity ? request.UidMaps : MapsOf(owners.Uids),
            GidMaps = owners.Gids.IsIdentity ? request.GidMaps : MapsOf(owners.Gids),
        };
        return root => BundleDirectory.Write(image.Name, image.Config, request, bundle, host, warn, root);
    }

    private static List<Bundle.IdMap> MapsOf(LayerTar.IdMap map) =>
        [.. map.Ranges.Select(range => new Bundle.IdMap(range.Container, range.Host, range.Count))];

    private static Owners OwnersOf(Arguments arguments)
    {
        var isRootless = arguments.Is("rootless");
        RequireRoot(isRootless);
        return MapsOf(arguments);
    }

    /// <summary>--uid-map, --gid-map and --rootless, which pack takes, too.</summary>
    public static Owners MapsOf(Arguments arguments)
    {
        var uids = LayerTar.IdMap.Parse("uid-map", arguments.Texts("uid-map"));
        return new Owners(uids, LayerTar.IdMap.Parse("gid-map", arguments.Texts("gid-map"))) { IsRootless = arguments.Is("rootless") };
    }

    private static void RequireRoot(bool isRootless)
    {
        if (!isRootless && Sys.GetEuid() != 0)
        {
            throw new UsageError("unpack: only root can give files to the users of an image; unpack --rootless keeps them the caller's");
        }
    }
}
