using System;
using System.Collections.Generic;
using System.Linq;

namespace SharpRun.RandomBundles;

/// <summary>/proc/PID/mountinfo (proc_pid_mountinfo(5)) without the numbers that are others at each run: what is over what, and in lines of their own
/// with which peers, so that one may differ knowingly and the other not.</summary>
static class MountTable
{
    private const string HostsSlave = "master with the host";

    public static IEnumerable<string> Lines(IEnumerable<string> table, string ofHost)
    {
        var mounts = table.Select(line => line.Split(' ')).Where(fields => fields.Length > 8).ToList();
        var places = mounts.ToDictionary(fields => fields[0], fields => fields[4]);
        var hostGroups = ofHost.Split('\n').SelectMany(line => line.Split(' ')).Where(word => word.StartsWith("shared:", StringComparison.Ordinal))
            .Select(word => word["shared:".Length..]).ToHashSet();
        foreach (var fields in mounts)
        {
            var dash = Array.IndexOf(fields, "-");
            var peers = fields[6..dash].Select(word => Peer(word, hostGroups)).Where(word => word.Length > 0);
            var parent = places.GetValueOrDefault(fields[1], "(outside)");
            var others = string.Join(' ', peers.Where(peer => peer != HostsSlave));
            var source = string.Join(' ', fields[(dash + 1)..^1]);
            yield return $"{fields[4]} over {parent}: {fields[3]} {fields[5]} {source} {Superblock(fields[5], fields[^1])}";
            if (others.Length > 0)
            {
                yield return $"{fields[4]} over {parent} is {others}: {fields[3]}";
            }
            if (peers.Contains(HostsSlave))
            {
                // Which mounts are slaves of the host's is no matter of a config that does not speak of propagation.
                yield return $"{HostsSlave} {fields[4]} over {parent}";
            }
        }
    }

    // mount(2) makes the file system read-only with the mount, fsmount(2) only the mount.
    private static string Superblock(string mount, string options) =>
        mount.Split(',').Contains("ro") && options is ['r', 'o' or 'w', ..] ? "r?" + options[2..] : options;

    // "shared:7" → whose group it is; "propagate_from:7" follows from the others.
    private static string Peer(string word, HashSet<string> hostGroups)
    {
        var colon = word.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? word
            : word.StartsWith("propagate_from", StringComparison.Ordinal) ? ""
            : word[..colon] + (hostGroups.Contains(word[(colon + 1)..]) ? " with the host" : "");
    }
}
