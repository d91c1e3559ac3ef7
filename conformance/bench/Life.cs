using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text.Json;
using System.Threading;

namespace SharpRun.Bench;

/// <summary>The measured operations. Every figure is one whole process, from start to exit.</summary>
sealed class Life(Launcher launcher, Samples samples)
{
    public const string RunRow = "`run /bin/true`";
    public const string FilteredRunRow = "`run /bin/true`, docker's seccomp profile";
    public const string ExecRow = "`exec /bin/true`";
    public const string FilteredExecRow = "`exec /bin/true`, docker's seccomp profile";

    /// <summary>Shows before anything is timed that `run` really runs the program, in its own namespaces.</summary>
    public void Prove(Peer peer, Bundle proof)
    {
        launcher.Expect(peer.Run(proof));
        // What prepare_rootfs in bench.sh made /bin/true of this rootfs print: pid, hostname, cgroups.
        string output = launcher.Output;
        if (!output.StartsWith("ran as 1 on bench\n", StringComparison.Ordinal))
        {
            throw new BenchError($"{peer.Name} run: the program did not run as pid 1 of the container: \"{output}\"");
        }
        if (!Cgroups.IsV2 && !output.Contains($":{proof.CgroupsPath}\n", StringComparison.Ordinal))
        {
            throw new BenchError($"{peer.Name} run: the program did not run in {proof.CgroupsPath}: \"{output}\"");
        }
    }

    public void Version(Peer peer) => samples.Add("`--version`", peer, launcher.Expect(peer.Version).Wall);

    public void Run(Peer peer, Bundle bundle)
    {
        Outcome outcome = launcher.Expect(peer.Run(bundle));
        samples.Add(RunRow, peer, outcome.Wall);
        samples.Add($"{RunRow}, CPU time", peer, outcome.Cpu);
    }

    public void RunFiltered(Peer peer, Bundle bundle) =>
        samples.Add(FilteredRunRow, peer, launcher.Expect(peer.Run(bundle)).Wall);

    /// <summary>The row says what kind of container it is.</summary>
    public void Exec(string row, Peer peer, Bundle bundle, int init) =>
        samples.Add(row, peer, launcher.Expect(peer.Exec(bundle, init)).Wall);

    /// <summary>Makes a container whose program runs until it is deleted; returns its init.</summary>
    public int Start(Peer peer, Bundle bundle)
    {
        int init = Create(peer, bundle);
        launcher.Expect(peer.Start(bundle));
        return init;
    }

    /// <summary>create, state, start, delete; the container's own time between start and delete is not counted.</summary>
    public void CreateToDelete(Peer peer, Bundle bundle)
    {
        double create = launcher.Expect(peer.Create(bundle)).Wall;
        double state = launcher.Expect(peer.State(bundle)).Wall;
        int init = WaitingInit(peer, bundle);
        double start = launcher.Expect(peer.Start(bundle)).Wall;
        AwaitEnd(peer, init);
        double delete = launcher.Expect(peer.Delete(bundle)).Wall;
        samples.Add("create + start + delete", peer, create + start + delete);
        samples.Add("`create`", peer, create);
        samples.Add("`start`", peer, start);
        samples.Add("`delete`", peer, delete);
        samples.Add("`state`", peer, state);
    }

    public void List(Peer peer, List<Bundle> containers)
    {
        double wall = launcher.Expect(peer.List).Wall;
        string output = launcher.Output;
        foreach (Bundle container in containers)
        {
            if (!output.Contains(container.Id, StringComparison.Ordinal))
            {
                throw new BenchError($"{peer.Name} list: {container.Id} is missing in\n{output}");
            }
        }
        samples.Add($"`list` of {containers.Count}", peer, wall);
    }

    /// <summary>Makes a container that waits for its start; returns its init.</summary>
    public int Create(Peer peer, Bundle bundle)
    {
        launcher.Expect(peer.Create(bundle));
        launcher.Expect(peer.State(bundle));
        return WaitingInit(peer, bundle);
    }

    public void DeleteForced(Peer peer, Bundle bundle, int init)
    {
        launcher.Expect(peer.DeleteForced(bundle));
        AwaitEnd(peer, init);
    }

    /// <summary>Reads what `state` has just printed.</summary>
    int WaitingInit(Peer peer, Bundle bundle)
    {
        JsonElement state = JsonDocument.Parse(launcher.Output).RootElement;
        string? status = state.GetProperty("status").GetString();
        if (status != "created")
        {
            throw new BenchError($"{peer.Name} state {bundle.Id}: \"{status}\" after create");
        }
        return state.GetProperty("pid").GetInt32();
    }

    /// <summary>Waits until the container's init, which its runtime left to us, has ended, and reaps all others.</summary>
    static void AwaitEnd(Peer peer, int init)
    {
        long start = Stopwatch.GetTimestamp();
        int ended;
        while ((ended = Kernel.ReapOrphan()) != init)
        {
            if (ended > 0)
            {
                // runc leaves a helper of its own as well.
                continue;
            }
            if (Stopwatch.GetElapsedTime(start).TotalSeconds > 10)
            {
                throw new BenchError($"{peer.Name}: the container's init did not end, or is not its caller's child");
            }
            Thread.Sleep(TimeSpan.FromMicroseconds(100));
        }
    }

    /// <summary>Resident memory of a process, in bytes, as its page tables say: VmRSS in `status` lags per CPU.</summary>
    public static long Resident(int pid)
    {
        foreach (string line in File.ReadLines($"/proc/{pid}/smaps_rollup"))
        {
            if (line.StartsWith("Rss:", StringComparison.Ordinal))
            {
                string kilobytes = line[4..].Replace("kB", "", StringComparison.Ordinal);
                return 1024 * long.Parse(kilobytes, CultureInfo.InvariantCulture);
            }
        }
        throw new BenchError($"process {pid} has no memory: the container's init has ended");
    }
}
