namespace SharpRun.Bench;

/// <summary>How little memory a container needs with each peer.</summary>
sealed class MemoryNeeds(Launcher launcher, Life life, Samples samples)
{
    const long Page = 4096;
    const long Enough = 64 << 20;
    const int Trials = 3;

    // A program that the limit holds back can stand still instead of failing.
    const int TrialMilliseconds = 5_000;

    public const string WaitingRow = "waiting init between create and start, RSS";
    public const string ChargedRow = "charged to the container's cgroup at that time";
    public const string LimitRow = "smallest memory limit for `/bin/true`";

    public void Waiting(Peer peer, Bundle bundle)
    {
        int init = life.Create(peer, bundle);
        samples.Add(WaitingRow, peer, Life.Resident(init));
        if (Cgroups.Charged(bundle.CgroupsPath) is long charged)
        {
            samples.Add(ChargedRow, peer, charged);
        }
        life.DeleteForced(peer, bundle, init);
    }

    /// <summary>Bisects to a page; a limit holds when `run` succeeds three times out of three.</summary>
    public void SmallestLimit(Peer peer, Bundle bundle)
    {
        long fails = 0;
        long holds = Enough;
        if (!Holds(peer, bundle, holds))
        {
            throw new BenchError($"{peer.Name} run fails under a memory limit of {holds} bytes");
        }
        while (holds - fails > Page)
        {
            long middle = (fails + holds) / 2 / Page * Page;
            if (Holds(peer, bundle, middle))
            {
                holds = middle;
            }
            else
            {
                fails = middle;
            }
        }
        samples.Add(LimitRow, peer, holds);
    }

    bool Holds(Peer peer, Bundle bundle, long limit)
    {
        bundle.Write(limit);
        for (int trial = 0; trial < Trials; trial++)
        {
            if (launcher.Try(peer.Run(bundle, limit), TrialMilliseconds).Exit != 0)
            {
                CleanUp(peer, bundle);
                return false;
            }
        }
        return true;
    }

    void CleanUp(Peer peer, Bundle bundle)
    {
        if (!peer.IsFloor)
        {
            // Its exit code is not asked: mostly there is nothing left to delete.
            launcher.Try(peer.DeleteForced(bundle));
        }
        Cgroups.Remove(bundle.CgroupsPath);
        while (Kernel.ReapOrphan() > 0)
        {
        }
    }
}
