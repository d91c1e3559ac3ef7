using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.Cni;
using SharpRun.Json;
using SharpRun.Linux;

namespace SharpRun.Net.Attachments;

/// <summary>The administrator's descriptions of networks, one a file: *.conf, *.conflist, *.json, in the order of their names, as libcni reads them; and
/// the built-in one, unless a file describes a network of its name.</summary>
static class NetworkFolder
{
    /// <summary>A file that cannot be read is told to warn: it may be another program's.</summary>
    public static List<KnownNetwork> ReadAll(string directory, Action<string> warn)
    {
        var networks = new List<KnownNetwork>();
        foreach (var path in Files(directory))
        {
            try
            {
                ProcFiles.ReadWhole(Native.AT_FDCWD, ZeroTerminated.Of(path), NetworkConfig.MaxLength, out var document).OrThrow($"read {path}");
                var network = KnownNetwork.Read(document, path);
                if (NetCheck.FirstDescriptionCounts.Passes(!networks.Exists(other => other.Name == network.Name)))
                {
                    networks.Add(network);
                }
            }
            catch (Exception error) when (error is JsonError or CniError or ErrnoException)
            {
                warn(error.Message);
            }
        }
        if (NetCheck.DescriptionIsBeforeTheBuiltIn.Passes(!networks.Exists(network => network.Name == KnownNetwork.BuiltInName)))
        {
            networks.Add(KnownNetwork.BuiltIn);
        }
        return networks;
    }

    public static KnownNetwork Find(string name, string directory)
    {
        var problems = new List<string>();
        return ReadAll(directory, problems.Add).Find(network => network.Name == name)
            ?? throw new NetError($"find network {name}: no file in {directory} describes it{(problems.Count == 0 ? "" : $" ({string.Join("; ", problems)})")}");
    }

    private static List<string> Files(string directory)
    {
        var paths = new List<string>();
        var opened = Sys.Open(Native.AT_FDCWD, ZeroTerminated.Of(directory), Native.O_RDONLY | Native.O_DIRECTORY);
        if (opened.Error == Errno.ENOENT)
        {
            return paths;
        }
        var folder = opened.OrThrow($"open {directory}");
        Span<byte> buffer = stackalloc byte[8192];
        while (Sys.GetDents(folder, buffer).OrThrow($"list {directory}") is > 0 and var length)
        {
            foreach (var bytes in new DirectoryRecords(buffer[..length]))
            {
                var name = Encoding.UTF8.GetString(bytes);
                if (name.EndsWith(".conf", StringComparison.Ordinal) || name.EndsWith(".conflist", StringComparison.Ordinal) || name.EndsWith(".json", StringComparison.Ordinal))
                {
                    paths.Add($"{directory}/{name}");
                }
            }
        }
        Sys.Close(folder);
        paths.Sort(StringComparer.Ordinal);
        return paths;
    }
}
