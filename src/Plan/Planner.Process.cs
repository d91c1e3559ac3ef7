using System;
using System.Collections.Generic;

namespace SharpRun.Planning;

public static partial class Planner
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    // The order is the meaning (R19): the bounding set needs CAP_SETPCAP, so it goes before the ids; groups go before the uid;
    // capabilities come after it, since leaving uid 0 clears them; ambient ones last of all.
    private static void Identity(List<Step> steps, Process process, string? personality, HostFacts host)
    {
        var user = process.User;
        var sets = process.Capabilities ?? CapabilitySets.None;
        steps.Add(new ChangeDirectory(process.Cwd, MayBeDenied: true));
        steps.Add(new OwnStreams(user.Uid));
        if (NeedsHome(process))
        {
            steps.Add(new FindHome(user.Uid));
        }
        if (process.Rlimits.Count > 0)
        {
            steps.Add(new SetRlimits(process.Rlimits));
        }
        if (process.Scheduler is { } scheduler)
        {
            steps.Add(new SetScheduler(scheduler));
        }
        if (process.IoPriority is { } priority)
        {
            steps.Add(new SetIoPriority(priority));
        }
        if (personality is not null)
        {
            steps.Add(new SetPersonality(personality));
        }
        steps.Add(new DropBoundingSet(sets.Bounding, host.LastCapability));
        steps.Add(new SetUser(user.Uid, user.Gid, user.AdditionalGids, user.Umask ?? 0x12 /* 022 */)
        {
            MayKeepGroups = (host.Euid != 0 || host.InUserNamespace) && user.AdditionalGids.Count == 0,
        });
        steps.Add(new SetCapabilities(sets));
        if (process.NoNewPrivileges)
        {
            steps.Add(new NoNewPrivileges());
        }
        steps.Add(new ChangeDirectory(process.Cwd, MayBeDenied: false));
    }

    private static List<Rlimit> MemoryLimits(Process process)
    {
        var limits = new List<Rlimit>();
        foreach (var limit in process.Rlimits)
        {
            if (limit.IsOnMemory)
            {
                limits.Add(limit);
            }
        }
        return limits;
    }

    /// <summary>process.env with each name once, the last one winning at the first one's place; an empty HOME is left out, and filled in later.</summary>
    private static List<string> Environment(Process process)
    {
        var result = new List<string>(process.Env.Count + 1);
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var entry in process.Env)
        {
            var name = NameOf(entry);
            if (places.TryGetValue(name, out var place))
            {
                result[place] = entry;
            }
            else
            {
                places[name] = result.Count;
                result.Add(entry);
            }
        }
        result.RemoveAll(entry => entry == "HOME=");
        return result;
    }

    private static bool NeedsHome(Process process) => Variable(process, "HOME") is null or "";

    private static string? Variable(Process process, string name)
    {
        for (var i = process.Env.Count - 1; i >= 0; i--)
        {
            if (NameOf(process.Env[i]) == name)
            {
                return process.Env[i][(name.Length + 1)..];
            }
        }
        return null;
    }

    private static string NameOf(string entry)
    {
        var end = entry.IndexOf('=', StringComparison.Ordinal);
        return end < 0 ? entry : entry[..end];
    }

    /// <summary>Where args[0] may be: itself when it has a slash, else below each directory of the PATH of process.env.</summary>
    private static CString[] Candidates(Process process)
    {
        var name = process.Args[0];
        if (name.Contains('/', StringComparison.Ordinal) || name.Length == 0)
        {
            return [name];
        }
        var directories = (Variable(process, "PATH") ?? DefaultPath).Split(':');
        var candidates = new CString[directories.Length];
        for (var i = 0; i < directories.Length; i++)
        {
            // An empty entry is the current directory, as in every shell.
            candidates[i] = directories[i].Length == 0 ? "./" + name : directories[i].TrimEnd('/') + "/" + name;
        }
        return candidates;
    }
}
