using System;
using SharpRun.Linux;

namespace SharpRun.LayerStore;

/// <summary>The top directory of a writable layer: overlay shows its owner, mode, time and attributes as those of the whole union.</summary>
public static class UnionTop
{
    private const uint TopMode = 0x1ED; // 0755
    private const int NamesBytes = 64 << 10; // XATTR_LIST_MAX, XATTR_SIZE_MAX

    /// <summary>From the uppermost lower directory (O_PATH; -1: there is none) to the new upper one (O_RDONLY).</summary>
    public static void Give(int upper, int lower)
    {
        var status = new FileStatus { Mode = TopMode };
        if (lower >= 0)
        {
            Sys.Stat(lower, default, Native.AT_EMPTY_PATH, out status).OrThrow("look at the root of the top layer");
            GiveOwner(upper, status);
            GiveAttributes(upper, lower);
        }
        Sys.Fchmod(upper, status.Mode & 0xFFF).OrThrow("change the mode of the union's root");
        Sys.UtimensAt(upper, default, TimeSpec.Omit, lower >= 0 ? status.ModifiedAt : new TimeSpec(0, 0), 0).OrThrow("set the time of the union's root");
    }

    private static void GiveOwner(int upper, in FileStatus status)
    {
        Sys.Stat(upper, default, Native.AT_EMPTY_PATH, out var own).OrThrow("look at the union's root");
        if ((own.Uid, own.Gid) == (status.Uid, status.Gid))
        {
            return;
        }
        var error = Sys.Fchown(upper, status.Uid, status.Gid);
        // An ordinary user, or an id that the user namespace does not have: the union is the caller's.
        if (error is not (Errno.EPERM or Errno.EINVAL) || !OverlayMount.NeedsUserAttributes(upper))
        {
            error.OrThrow("give the union's root its owner");
        }
    }

    private static void GiveAttributes(int upper, int lower)
    {
        var names = new byte[NamesBytes];
        var value = new byte[NamesBytes];
        var listed = Sys.ListAttributesAt(lower, ".\0"u8, names);
        var rest = names.AsSpan(0, listed.Ok ? listed.Value : 0);
        while (!rest.IsEmpty)
        {
            var name = rest[..(rest.IndexOf((byte)0) + 1)];
            rest = rest[name.Length..];
            // overlay's own words are not the image's; a security module labels the union by its own rules.
            var isTheHosts = name.StartsWith("trusted.overlay."u8) || name.StartsWith("user.overlay."u8) || name.StartsWith("security."u8);
            if (LayerCheck.TopTakesNoWordsOfOverlay.Fails(isTheHosts))
            {
                continue;
            }
            var got = Sys.GetAttributeAt(lower, ".\0"u8, name, value);
            var error = got.Ok ? Sys.SetAttribute(upper, name, value.AsSpan(0, got.Value)) : got.Error;
            if (error is not (Errno.OK or Errno.ENODATA or Errno.EPERM or Errno.EOPNOTSUPP))
            {
                error.Throw("give the union's root its attributes");
            }
        }
    }
}
