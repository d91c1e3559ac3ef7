using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Threading;

namespace SharpRun.Bench;

/// <summary>The place of the bench in the host's cgroups: /sharprun-test in each hierarchy.</summary>
static class Cgroups
{
    public const string Parent = "/sharprun-test";

    const string Mount = "/sys/fs/cgroup";

    // Keeps the parent alive: others that use it remove it as soon as it is empty.
    const string Keeper = $"{Parent}/bench-keep";

    public static bool IsV2 { get; } = File.Exists($"{Mount}/cgroup.controllers");

    static readonly string[] s_hierarchies = IsV2 ? [Mount] : ReadHierarchies();

    public static string Layout => IsV2 ? "cgroup v2" : $"cgroup v1 ({s_hierarchies.Length} hierarchies)";

    /// <summary>Makes the parent, so that no peer pays for it, and ends what a killed bench left behind.</summary>
    public static void Prepare()
    {
        foreach (string hierarchy in s_hierarchies)
        {
            Directory.CreateDirectory(hierarchy + Parent);
            foreach (string left in Directory.GetDirectories(hierarchy + Parent, "bench-*"))
            {
                Empty(left);
            }
            foreach (string file in (string[])["cpuset.cpus", "cpuset.mems"])
            {
                // A version 1 cpuset starts empty, and an empty one cannot be joined.
                if (!IsV2 && File.Exists($"{hierarchy}/{file}"))
                {
                    File.WriteAllText($"{hierarchy}{Parent}/{file}", File.ReadAllText($"{hierarchy}/{file}"));
                }
            }
            if (IsV2)
            {
                Delegate(hierarchy);
                Delegate(hierarchy + Parent);
            }
            Directory.CreateDirectory(hierarchy + Keeper);
        }
    }

    public static void Remove(string path)
    {
        foreach (string hierarchy in s_hierarchies)
        {
            if (Directory.Exists(hierarchy + path))
            {
                Directory.Delete(hierarchy + path);
            }
        }
    }

    public static void RemoveAll()
    {
        Remove(Keeper);
        try
        {
            Remove(Parent);
        }
        catch (IOException)
        {
            // Somebody else's container is in it.
        }
    }

    /// <summary>The bytes charged to the cgroup, or null without a memory controller.</summary>
    public static long? Charged(string path)
    {
        string file = IsV2 ? $"{Mount}{path}/memory.current" : $"{Mount}/memory{path}/memory.usage_in_bytes";
        return File.Exists(file) ? long.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture) : null;
    }

    static string[] ReadHierarchies()
    {
        List<string> found = [];
        foreach (string line in File.ReadLines("/proc/self/mounts"))
        {
            string[] fields = line.Split(' ');
            if (fields[2] == "cgroup")
            {
                found.Add(fields[1]);
            }
        }
        return [.. found];
    }

    /// <summary>Hands every controller down, as the peers do at their first container.</summary>
    static void Delegate(string directory)
    {
        string controllers = File.ReadAllText($"{directory}/cgroup.controllers").Trim();
        foreach (string controller in controllers.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            try
            {
                File.WriteAllText($"{directory}/cgroup.subtree_control", $"+{controller}");
            }
            catch (IOException)
            {
                // Some cannot be handed down, such as cpu with real-time processes: the peers go on as well.
            }
        }
    }

    static void Empty(string directory)
    {
        foreach (string pid in File.ReadAllLines($"{directory}/cgroup.procs"))
        {
            Kernel.Kill(int.Parse(pid, CultureInfo.InvariantCulture));
        }
        for (int attempt = 0; Directory.Exists(directory); attempt++)
        {
            try
            {
                Directory.Delete(directory);
            }
            catch (IOException) when (attempt < 100)
            {
                Thread.Sleep(10);
            }
        }
    }
}
