using System;
using System.Globalization;
using System.Text;
using SharpRun.Linux;

namespace SharpRun.Cli;

/// <summary>The host's own /etc/passwd, for the owner column of list. Other sources of names (LDAP) would need glibc's plug-ins.</summary>
static class UserNames
{
    private const int FileLimit = 4 << 20;

    /// <summary>The name, or "#uid" when there is none.</summary>
    public static string Of(uint uid) =>
        ProcFiles.ReadWhole(Native.AT_FDCWD, "/etc/passwd"u8, FileLimit, out var bytes) == Errno.OK && Find(bytes, uid) is { } name
            ? name
            : "#" + uid.ToString(CultureInfo.InvariantCulture);

    // name:password:uid:...
    public static string? Find(ReadOnlySpan<byte> passwd, uint uid)
    {
        Span<Range> fields = stackalloc Range[4];
        foreach (var range in passwd.Split((byte)'\n'))
        {
            var text = Encoding.UTF8.GetString(passwd[range]);
            if (text.AsSpan().Split(fields, ':') == 4 && uint.TryParse(text.AsSpan()[fields[2]], NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id == uid)
            {
                return text[fields[0]];
            }
        }
        return null;
    }
}
