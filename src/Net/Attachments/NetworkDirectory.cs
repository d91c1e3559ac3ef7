using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.Cni;
using SharpRun.CommandLine;
using SharpRun.Json;
using SharpRun.Linux;
using SharpRun.Net.Kernel;

namespace SharpRun.Net.Attachments;

/// <summary>ROOT/networks/NAME under its lock, the flock(2) of the directory: a record of every attachment, and the file with their names.</summary>
sealed class NetworkDirectory : IDisposable
{
    private const string NewFile = ".new";
    private const uint DirectoryMode = 0x1C0, FileMode = 0x180; // 0700, 0600

    private readonly int _directory;

    private NetworkDirectory(string network, string path, int directory) => (Network, Path, _directory) = (network, path, directory);

    public string Network { get; }

    public string Path { get; }

    public List<AttachmentRecord> Records { get; } = [];

    /// <summary>Files that are no records, though they have the name of one: what is left of a power cut.</summary>
    public List<string> Broken { get; } = [];

    /// <summary>Waits for the lock, and reads all records. Null: there is no such directory, and it is not to be made.</summary>
    public static NetworkDirectory? Open(string root, string network, bool makes)
    {
        var path = $"{NetworkFiles.DirectoryOf(root)}/{network}";
        var opened = Sys.Open(Native.AT_FDCWD, ZeroTerminated.Of(path), Native.O_RDONLY | Native.O_DIRECTORY);
        if (opened.Error == Errno.ENOENT)
        {
            if (!makes)
            {
                return null;
            }
            Directories.MakeAll(path, DirectoryMode);
            opened = Sys.Open(Native.AT_FDCWD, ZeroTerminated.Of(path), Native.O_RDONLY | Native.O_DIRECTORY);
        }
        var directory = new NetworkDirectory(network, path, opened.OrThrow($"open {path}"));
        try
        {
            Sys.Flock(directory._directory, Native.LOCK_EX).OrThrow($"lock {path}");
            directory.ReadAll();
            return directory;
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>The names of all networks that had attachments, in their order.</summary>
    public static List<string> Networks(string root)
    {
        var opened = Sys.Open(Native.AT_FDCWD, ZeroTerminated.Of(NetworkFiles.DirectoryOf(root)), Native.O_RDONLY | Native.O_DIRECTORY);
        if (opened.Error == Errno.ENOENT)
        {
            return [];
        }
        var names = Names(opened.OrThrow($"open {NetworkFiles.DirectoryOf(root)}"), $"list {NetworkFiles.DirectoryOf(root)}");
        Sys.Close(opened.Value);
        return names.FindAll(name => NetCheck.DirectoryIsANetworks.Passes(CniEnvironment.IsName(name)));
    }

    public AttachmentRecord? Find(string netNs) => Records.Find(record => record.NetNs == netNs);

    /// <summary>The record appears whole, and replaces the one of the same namespace.</summary>
    public void Write(AttachmentRecord record)
    {
        var fd = Sys.Open(_directory, ZeroTerminated.Of(NewFile), Native.O_WRONLY | Native.O_CREAT | Native.O_TRUNC | Native.O_NOFOLLOW, FileMode)
            .OrThrow($"make a record in {Path}");
        var error = Sys.WriteAll(fd, record.ToDocument());
        Sys.Close(fd);
        error.OrThrow($"write a record in {Path}");
        Sys.RenameAt(_directory, ZeroTerminated.Of(NewFile), _directory, ZeroTerminated.Of(NetworkFiles.RecordOf(record.NetNs))).OrThrow($"name a record in {Path}");
        var at = Records.FindIndex(other => other.NetNs == record.NetNs);
        if (at < 0)
        {
            Records.Add(record);
        }
        else
        {
            Records[at] = record;
        }
    }

    public Errno Remove(AttachmentRecord record)
    {
        Records.RemoveAll(other => other.NetNs == record.NetNs);
        return RemoveFile(NetworkFiles.RecordOf(record.NetNs));
    }

    public Errno RemoveFile(string name) => Sys.UnlinkAt(_directory, ZeroTerminated.Of(name), 0) is var error && NetCheck.FileMayBeGone.Fails(error == Errno.ENOENT) ? Errno.OK : error;

    /// <summary>The names of all that are up, in the network's file and in the bundles' own. The first error, after all was tried.</summary>
    public Errno WriteHosts()
    {
        var first = HostsFile.Write($"{Path}/{NetworkFiles.Hosts}", Network, Records, makes: true);
        foreach (var record in Records)
        {
            var error = record.HostsFile is { } file ? HostsFile.Write(file, Network, Records, makes: false) : Errno.OK;
            first = first == Errno.OK ? error : first;
        }
        return first;
    }

    public void Dispose() => Sys.Close(_directory);

    private void ReadAll()
    {
        foreach (var name in Names(_directory, $"list {Path}"))
        {
            if (name == NewFile)
            {
                // We have the lock: whoever was writing it is dead.
                RemoveFile(name);
            }
            if (!name.EndsWith(NetworkFiles.RecordEnd, StringComparison.Ordinal))
            {
                continue;
            }
            ProcFiles.ReadWhole(_directory, ZeroTerminated.Of(name), AttachmentRecord.MaxLength, out var document).OrThrow($"read {Path}/{name}");
            try
            {
                var record = AttachmentRecord.Read(document, $"{Path}/{name}");
                if (NetCheck.RecordHasItsName.Fails(NetworkFiles.RecordOf(record.NetNs) != name))
                {
                    Broken.Add(name);
                    continue;
                }
                Records.Add(record);
            }
            catch (Exception error) when (error is JsonError or CniError)
            {
                Broken.Add(name);
            }
        }
    }

    private static List<string> Names(int directory, string act)
    {
        var names = new List<string>();
        Span<byte> buffer = stackalloc byte[8192];
        while (Sys.GetDents(directory, buffer).OrThrow(act) is > 0 and var length)
        {
            foreach (var name in new DirectoryRecords(buffer[..length]))
            {
                names.Add(Encoding.UTF8.GetString(name));
            }
        }
        names.Sort(StringComparer.Ordinal);
        return names;
    }
}
