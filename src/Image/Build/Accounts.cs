using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Build;

/// <summary>USER and --chown: names are looked up in the image's own /etc/passwd and /etc/group, numbers are taken as they are. A user without a group
/// has his own of passwd; a number without a group has the group of the same number (docker).</summary>
static class Accounts
{
    // As the runtime reads them: a regular file of at most 1 MiB, and anything else is as if it were not there.
    private const int Limit = 1 << 20;

    /// <param name="root">The image's root.</param>
    /// <param name="text">"user", "uid", "user:group" …</param>
    public static Owner Find(int root, string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var (user, group) = colon < 0 ? (text, null) : (text[..colon], text[(colon + 1)..]);
        uint uid = 0, gid = 0;
        if (user.Length > 0 && !TryId(user, out uid))
        {
            var line = FindLine(Read(root, "/etc/passwd\0"u8), user, 4) ?? throw new ImageError($"{text}: there is no user {user} in the image's /etc/passwd");
            if (!TryId(line[2], out uid) || !TryId(line[3], out gid))
            {
                throw new ImageError($"{text}: the ids of {user} in the image's /etc/passwd are no numbers");
            }
        }
        else
        {
            gid = uid;
        }
        if (!string.IsNullOrEmpty(group) && !TryId(group, out gid))
        {
            var line = FindLine(Read(root, "/etc/group\0"u8), group, 3) ?? throw new ImageError($"{text}: there is no group {group} in the image's /etc/group");
            if (!TryId(line[2], out gid))
            {
                throw new ImageError($"{text}: the id of {group} in the image's /etc/group is no number");
            }
        }
        return new Owner(uid, gid);
    }

    // uint.MaxValue means "leave it" to chown(2), and is nobody's.
    private static bool TryId(string text, out uint id) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id) && id != uint.MaxValue;

    private static string[]? FindLine(string file, string name, int fields)
    {
        foreach (var line in file.Split('\n'))
        {
            var parts = line.Split(':');
            if (parts.Length >= fields && parts[0] == name)
            {
                return parts;
            }
        }
        return null;
    }

    private static string Read(int root, ReadOnlySpan<byte> path)
    {
        var opened = RootPath.Open(root, path, Native.O_RDONLY | Native.O_NONBLOCK | Native.O_NOCTTY);
        if (!opened.Ok)
        {
            return "";
        }
        var isFile = Sys.Stat(opened.Value, default, Native.AT_EMPTY_PATH, out var status) == Errno.OK && status.IsRegular && status.Size <= Limit;
        byte[] bytes = [];
        var error = isFile ? ProcFiles.ReadWhole(opened.Value, Limit, out bytes) : Errno.EINVAL;
        Sys.Close(opened.Value);
        return error == Errno.OK ? Encoding.UTF8.GetString(bytes) : "";
    }
}
