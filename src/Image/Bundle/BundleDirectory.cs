using System;
using System.Collections.Generic;
using System.Linq;
using SharpRun.CommandLine;
using SharpRun.Image.Store;
using SharpRun.LayerTar;
using SharpRun.Oci;

namespace SharpRun.Image.Bundle;

/// <summary>A bundle: config.json, and what its mounts bring in. Everything is found out and checked before anything is written; config.json,
/// the last of it, appears by a rename.</summary>
static class BundleDirectory
{
    public const string Rootfs = "rootfs", Config = "config.json";

    private const string DefaultHostName = "sharprun";

    // Only its owner looks in: config.json may have secrets, and the image's setuid programs lie below.
    private const uint Mode = 0x1C0;

    /// <summary>The path of config.json. Image names the image for errors, bundle is absolute, warn is told of what is left out. UnpackedAt: where the
    /// root file system is as yet, if not at its place.</summary>
    public static string Write(
        string image, ImageConfig config, BundleRequest request, string bundle, HostFacts host, Action<string> warn, string? unpackedAt = null)
    {
        var rootPath = unpackedAt ?? request.Rootfs ?? $"{bundle}/{Rootfs}";
        using var root = ImageRoot.TryOpen(rootPath);
        var parts = Parts(image, config, request, bundle, host, root, rootPath, warn);
        var document = BundleDocument.Write(parts with { Mounts = [.. parts.Mounts.Select(WithSource)] });
        using var folder = Folder.Make(bundle, Mode);
        NameFiles.Write(folder, parts.HostName);
        var volumes = new VolumeFiles(folder, root, HostIdOfRoot(request.UidMaps), HostIdOfRoot(request.GidMaps));
        foreach (var mount in parts.Mounts.Where(mount => mount.Source is null))
        {
            volumes.Make(mount.Destination);
        }
        folder.Replace(Config, document);
        return $"{bundle}/{Config}";
    }

    internal static BundleParts Parts(
        string image, ImageConfig config, BundleRequest request, string bundle, HostFacts host, ImageRoot? root, string rootPath, Action<string> warn)
    {
        var wishes = config.Config;
        var user = ImageUser.Of(request.User ?? wishes.User ?? "", root, rootPath);
        var hostName = request.HostName ?? HostNameOf(bundle);
        IReadOnlyList<string> arguments = [.. wishes.Entrypoint ?? [], .. request.Arguments ?? wishes.Cmd ?? []];
        if (arguments.Count == 0)
        {
            throw new ImageError($"{image} has neither an entrypoint nor a command: say what to run behind --");
        }
        var directory = request.WorkingDirectory ?? wishes.WorkingDir ?? "/";
        return new BundleParts
        {
            Request = request,
            Host = host,
            // Without privileges nobody sets groups (user_namespaces(7), "setgroups").
            User = host.Uid == 0 ? user : user with { Groups = [] },
            Arguments = arguments,
            Environment = ContainerEnvironment.Of(wishes.Env ?? [], request, user.Home, hostName).Variables,
            WorkingDirectory = directory.StartsWith('/') ? directory : "/" + directory,
            HostName = hostName,
            Capabilities = CapabilityChoice.Of(request.CapabilitiesToAdd, request.CapabilitiesToDrop, request.IsPrivileged, host.LastCapability),
            Mounts = Mounts(wishes.Volumes ?? [], request, warn),
            Annotations = ImageAnnotations.Of(config, warn),
            Devices = request.IsPrivileged && request.UidMaps.Count == 0 ? HostDevices.Read() : [],
        };
    }

    private static uint HostIdOfRoot(IReadOnlyList<IdMap> maps) => maps.FirstOrDefault(map => map.Container == 0).Host;

    private static BindMount WithSource(BindMount mount) => mount with { Source = mount.Source ?? VolumeFiles.SourceOf(mount.Destination) };

    // What lies above is mounted first, as docker does; the user's word goes before the image's, and both before ours.
    private static List<BindMount> Mounts(IReadOnlyList<string> volumes, BundleRequest request, Action<string> warn)
    {
        var mounts = new List<BindMount>(request.Mounts);
        for (var i = 1; i < mounts.Count; i++)
        {
            if (mounts.FindIndex(mount => mount.Destination == mounts[i].Destination) < i)
            {
                throw new UsageError($"-v: two mounts at {mounts[i].Destination}");
            }
        }
        foreach (var volume in volumes)
        {
            var path = BindMount.Clean(volume.StartsWith('/') ? volume : "/" + volume);
            if (path is null || IsOfRuntime(path))
            {
                warn($"the image's volume \"{volume}\" is left out: {(path is null ? "it is no path below /" : "what is there is the runtime's")}");
            }
            else
            {
                AddUnlessThere(new BindMount(null, path, ["rbind", "rprivate", "rw"]));
            }
        }
        if (request.HostsFile is { } hosts)
        {
            // All containers of the network read this one file, so none may write it.
            AddUnlessThere(new BindMount(hosts, "/etc/hosts", ["rbind", "rprivate", "ro"]));
        }
        foreach (var name in NameFiles.Names)
        {
            AddUnlessThere(new BindMount(name, $"/etc/{name}", ["rbind", "rprivate", "rw"]));
        }
        return [.. mounts.OrderBy(mount => mount.Destination.Count(letter => letter == '/'))];

        void AddUnlessThere(BindMount mount)
        {
            if (!mounts.Exists(other => other.Destination == mount.Destination))
            {
                mounts.Add(mount);
            }
        }
    }

    // An image that covered these would show its own files where the runtime's protections are looked for (CVE-2019-16884).
    private static bool IsOfRuntime(string path) =>
        Array.Exists((string[])["/proc", "/sys", "/dev"], own => path == own || path.StartsWith(own + "/", StringComparison.Ordinal));

    private static string HostNameOf(string bundle)
    {
        var name = bundle[(bundle.LastIndexOf('/') + 1)..];
        return IsHostName(name) ? name : DefaultHostName;
    }

    /// <summary>RFC 1123: letters, digits, - and . between them; the kernel keeps 64 characters.</summary>
    public static bool IsHostName(string name) =>
        name.Length is > 0 and <= 64 && char.IsAsciiLetterOrDigit(name[0]) && char.IsAsciiLetterOrDigit(name[^1])
        && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.');
}
