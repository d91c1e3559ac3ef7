using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.CommandLine;
using SharpRun.Linux;

namespace SharpRun.Net.Attachments;

/// <summary>A file in the form of hosts(5) in which the names of a network stand between two lines of ours; what else is in it stays. It is bound over /etc/hosts
/// of running containers, so it is written in place: a new file of the same name would not be seen in there.</summary>
static class HostsFile
{
    private const string Beginning = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n";
    private const int MaxLength = 1 << 20;
    private const uint Mode = 0x1A4; // 0644: whoever the container's users are

    /// <summary>Nothing when the file is not there and is not to be made. The inode stays; a reader sees the old names or the new ones, and never an empty file.</summary>
    public static Errno Write(string path, string network, IEnumerable<AttachmentRecord> members, bool makes)
    {
        var flags = Native.O_RDWR | Native.O_NOFOLLOW | Native.O_NONBLOCK | Native.O_NOCTTY | (makes ? Native.O_CREAT : 0);
        var opened = Sys.Open(Native.AT_FDCWD, ZeroTerminated.Of(path), flags, Mode);
        if (!opened.Ok)
        {
            return NetCheck.BundleMayBeGone.Fails(opened.Error == Errno.ENOENT && !makes) ? Errno.OK : opened.Error;
        }
        var error = ProcFiles.ReadWhole(opened.Value, MaxLength, out var old);
        if (error == Errno.OK)
        {
            error = Overwrite(opened.Value, old, Encoding.UTF8.GetBytes(Replace(Encoding.UTF8.GetString(old), network, members)));
        }
        Sys.Close(opened.Value);
        return error;
    }

    internal static string Replace(string text, string network, IEnumerable<AttachmentRecord> members)
    {
        var (begin, end) = ($"# containers of the network {network}", $"# end of {network}");
        var kept = new StringBuilder(text.Length == 0 ? Beginning : "");
        var isOurs = false;
        foreach (var line in text.TrimEnd('\n').Split('\n'))
        {
            isOurs |= NetCheck.OthersLinesStay.Passes(line == begin);
            if (!isOurs && text.Length > 0)
            {
                kept.Append(line).Append('\n');
            }
            isOurs &= line != end;
        }
        kept.Append(begin).Append('\n');
        foreach (var member in members)
        {
            foreach (var address in member.Name is null ? [] : member.Addresses)
            {
                kept.Append(address).Append('\t').Append(member.Name).Append('\n');
            }
        }
        return kept.Append(end).Append('\n').ToString();
    }

    // One write of at least the old length, and what is left over is cut off behind it: at no moment are names missing that stay.
    private static Errno Overwrite(int fd, byte[] old, byte[] text)
    {
        if (NetCheck.SameNamesAreNotWritten.Fails(text.AsSpan().SequenceEqual(old)))
        {
            return Errno.OK;
        }
        var padded = text;
        if (text.Length < old.Length)
        {
            padded = new byte[old.Length];
            text.CopyTo(padded, 0);
            padded.AsSpan(text.Length).Fill((byte)'\n');
        }
        var error = Sys.PWriteAll(fd, padded, 0);
        return error == Errno.OK && padded.Length > text.Length ? Sys.Ftruncate(fd, text.Length) : error;
    }
}
