using System;
using System.Collections.Generic;
using System.IO;

namespace SharpRun.Bench;

/// <summary>The story of one run: prove, measure in shuffled rounds, print.</summary>
sealed class Comparison
{
    const int WarmUpRounds = 2;
    const int MemoryRounds = 3;

    readonly Options _options;
    readonly List<Peer> _peers = [];
    readonly Random _random = new();
    Samples _samples = new();

    public Comparison(Options options)
    {
        _options = options;
        foreach (string word in options.Peers)
        {
            _peers.Add(Peer.Parse(word, options.Work));
        }
    }

    List<Peer> Runtimes => _peers.FindAll(peer => !peer.IsFloor);

    public void Measure()
    {
        Cgroups.Prepare();
        try
        {
            using Launcher launcher = new(_options.Work);
            foreach (Peer peer in _peers)
            {
                new Life(launcher, _samples).Prove(peer, new Bundle(_options.Work, peer, 0, "proof"));
            }
            Dictionary<string, string> versions = Versions(launcher);
            Times(launcher);
            Execs(launcher);
            Lists(launcher);
            PrintTimes(versions);
            if (_options.Memory)
            {
                _samples = new Samples();
                Memory(launcher);
                Console.WriteLine();
                Console.WriteLine(Table.Absolute(_samples, _peers, "memory, KiB", 1024));
                Console.WriteLine($"Medians of {MemoryRounds}; the kernel charges up to 256 KiB ahead per CPU.");
            }
        }
        finally
        {
            Cgroups.RemoveAll();
        }
    }

    void Times(Launcher launcher)
    {
        Dictionary<Peer, Bundle> bundles = [];
        Dictionary<Peer, Bundle> filtered = [];
        foreach (Peer peer in _peers)
        {
            bundles[peer] = new Bundle(_options.Work, peer, 1);
            filtered[peer] = new Bundle(_options.Work, peer, 4, seccomp: true);
        }
        Rounds(launcher, life =>
        {
            EachShuffled(_peers, life.Version);
            EachShuffled(_peers, peer => life.Run(peer, bundles[peer]));
            EachShuffled(Runtimes, peer => life.RunFiltered(peer, filtered[peer]));
            EachShuffled(Runtimes, peer => life.CreateToDelete(peer, bundles[peer]));
        });
    }

    /// <summary>Each runtime in a container of its own; the floor in the first one's.</summary>
    void Execs(Launcher launcher)
    {
        Dictionary<Peer, (Bundle Bundle, int Init)> plain = [];
        Dictionary<Peer, (Bundle Bundle, int Init)> filtered = [];
        Life life = new(launcher, _samples);
        try
        {
            foreach (Peer peer in Runtimes)
            {
                plain[peer] = Started(life, peer, 5, seccomp: false);
                filtered[peer] = Started(life, peer, 6, seccomp: true);
            }
            Rounds(launcher, round =>
            {
                EachShuffled(_peers, peer => Exec(round, Life.ExecRow, peer, plain));
                EachShuffled(Runtimes, peer => Exec(round, Life.FilteredExecRow, peer, filtered));
            });
        }
        finally
        {
            foreach ((Peer peer, (Bundle bundle, int init)) in (KeyValuePair<Peer, (Bundle, int)>[])[.. plain, .. filtered])
            {
                life.DeleteForced(peer, bundle, init);
            }
        }
    }

    (Bundle Bundle, int Init) Started(Life life, Peer peer, int number, bool seccomp)
    {
        Bundle bundle = new(_options.Work, peer, number, program: ["/bin/sleep", "1000000"], seccomp: seccomp);
        return (bundle, life.Start(peer, bundle));
    }

    void Exec(Life life, string row, Peer peer, Dictionary<Peer, (Bundle Bundle, int Init)> containers)
    {
        (Bundle bundle, int init) = containers[peer.IsFloor ? Runtimes[0] : peer];
        life.Exec(row, peer, bundle, init);
    }

    /// <summary>After everything else: the waiting containers must not be there while the rest is timed.</summary>
    void Lists(Launcher launcher)
    {
        Dictionary<Peer, List<Bundle>> containers = [];
        List<(Peer Peer, Bundle Bundle, int Init)> waiting = [];
        Life life = new(launcher, _samples);
        foreach (Peer peer in Runtimes)
        {
            containers[peer] = [];
        }
        try
        {
            foreach (Peer peer in Runtimes)
            {
                for (int i = 0; i < _options.Listed; i++)
                {
                    Bundle bundle = new(_options.Work, peer, 100 + i);
                    waiting.Add((peer, bundle, life.Create(peer, bundle)));
                    containers[peer].Add(bundle);
                }
            }
            Rounds(launcher, round => EachShuffled(Runtimes, peer => round.List(peer, containers[peer])));
        }
        finally
        {
            foreach ((Peer peer, Bundle bundle, int init) in waiting)
            {
                life.DeleteForced(peer, bundle, init);
            }
        }
    }

    void Memory(Launcher launcher)
    {
        MemoryNeeds memory = new(launcher, new Life(launcher, _samples), _samples);
        for (int i = 0; i < MemoryRounds; i++)
        {
            EachShuffled(_peers, peer => memory.SmallestLimit(peer, new Bundle(_options.Work, peer, 2)));
            EachShuffled(Runtimes, peer => memory.Waiting(peer, new Bundle(_options.Work, peer, 3)));
        }
    }

    void Rounds(Launcher launcher, Action<Life> round)
    {
        for (int i = -WarmUpRounds; i < _options.Rounds; i++)
        {
            round(new Life(launcher, i < 0 ? new Samples() : _samples));
        }
    }

    void EachShuffled(List<Peer> peers, Action<Peer> act)
    {
        Peer[] order = [.. peers];
        _random.Shuffle(order);
        foreach (Peer peer in order)
        {
            act(peer);
        }
    }

    Dictionary<string, string> Versions(Launcher launcher)
    {
        Dictionary<string, string> versions = [];
        foreach (Peer peer in Runtimes)
        {
            launcher.Expect(peer.Version);
            string[] lines = launcher.Output.Split('\n');
            versions[peer.Name] = lines[0].Replace(" version", "", StringComparison.Ordinal);
        }
        return versions;
    }

    void PrintTimes(Dictionary<string, string> versions)
    {
        Peer baseline = Runtimes.Find(peer => peer.Name == "crun") ?? Runtimes[^1];
        Console.WriteLine(Table.Times(_samples, _peers, baseline));
        if (_options.Absolute)
        {
            Console.WriteLine(Table.Absolute(_samples, _peers, "medians, ms", 1));
        }
        Console.WriteLine(
            $"Medians of {_options.Rounds} interleaved rounds, whole processes; {string.Join(", ", versions.Values)}; "
            + $"Linux {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}, {Cgroups.Layout}, {Environment.ProcessorCount} CPUs.");
        List<string> filters = Runtimes.ConvertAll(
            peer => $"{peer.Name} {Table.Number(_samples.MedianDifference(Life.FilteredRunRow, Life.RunRow, peer))} ms");
        Console.WriteLine(
            "docker's default filter (read, built, loaded, and asked by the program), as what `run` with it takes more than "
            + $"`run` without it, medians: {string.Join(", ", filters)}.");
        if (_peers.Find(peer => peer.IsFloor) is Peer floor)
        {
            Console.WriteLine(
                "floor: a C program that makes only the kernel calls that the same config.json (without seccomp) needs; its `--version` is "
                + $"a static C program that does nothing: {Table.Number(_samples.Median("`--version`", floor))} ms under this bench.");
        }
    }
}
