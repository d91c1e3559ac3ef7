using System.Globalization;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.LayerTar;

/// <summary>Whom on the host the files of an image are given to.</summary>
public sealed record Owners(IdMap Uids, IdMap Gids)
{
    public static Owners OfImage { get; } = new(IdMap.Identity, IdMap.Identity);

    /// <summary>Everything stays the caller's, who cannot give anything away or make devices (--rootless): the ids are written down in the
    /// attribute user.rootlesscontainers, and devices become empty files, both as umoci --rootless does it.</summary>
    public bool IsRootless { get; init; }

    public uint UidOf(TarEntry entry) => Uids.ToHost(entry.Uid) ?? throw Outside("uid", entry.Uid, Uids, entry.Name);

    public uint GidOf(TarEntry entry) => Gids.ToHost(entry.Gid) ?? throw Outside("gid", entry.Gid, Gids, entry.Name);

    /// <summary>chown(2) says EINVAL of an id that the user namespace we run in does not have.</summary>
    public static ImageError NotHere(uint uid, uint gid, byte[] name) => new(string.Create(CultureInfo.InvariantCulture,
        $"unpack {TarText.Of(name)}: this user namespace has no uid {uid} or no gid {gid} (/proc/self/uid_map, gid_map): give it more ids, or use --rootless"));

    public static ImageError Outside(string kind, long id, IdMap map, byte[] name) => new(map.IsIdentity
        ? string.Create(CultureInfo.InvariantCulture, $"unpack {TarText.Of(name)}: {id} is no {kind}")
        : string.Create(CultureInfo.InvariantCulture, $"unpack {TarText.Of(name)}: {kind} {id} is outside of --{kind}-map {map}"));

    public static ErrnoException NotAllowed(uint uid, uint gid, byte[] name, Errno error) => new(string.Create(CultureInfo.InvariantCulture,
        $"give {TarText.Of(name)} to uid {uid}, gid {gid} (only root can, or --rootless keeps it the caller's)"), error);
}
