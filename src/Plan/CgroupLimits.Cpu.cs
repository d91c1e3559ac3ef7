using System;

namespace SharpRun.Planning;

// cpu and cpuset.
sealed partial class CgroupLimits
{
    const string CpuPath = "linux.resources.cpu.";

    void Cpu(Cpu? cpu)
    {
        if (cpu is null)
        {
            return;
        }
        if (cpu.Idle is { } idle)
        {
            // Before the weight, which an idle group does not take (EINVAL). Not idle is what a kernel before 5.15 does anyway.
            WriteIfThere("cpu", "cpu.idle", Text(idle), CpuPath + "idle", isOptional: idle == 0);
            if (idle == 0 && Present is { IsIdle: true })
            {
                // The kernel does it too. Written down, so that systemd hears of it.
                Write("cpu", _v2 ? "cpu.weight" : "cpu.shares", _v2 ? "100" : "1024", CpuPath + "idle");
            }
        }
        if (cpu.Shares is { } shares and > 0 && cpu.Idle is not 1)
        {
            Write("cpu", _v2 ? "cpu.weight" : "cpu.shares", Text(_v2 ? CpuWeight(shares) : shares), CpuPath + "shares");
        }
        Bandwidth(cpu.Quota ?? 0, cpu.Period ?? 0);
        if (cpu.Burst is { } burst)
        {
            // At most the quota. Since 5.14.
            WriteIfThere("cpu", _v2 ? "cpu.max.burst" : "cpu.cfs_burst_us", Text(burst), CpuPath + "burst", isOptional: burst == 0);
        }
        Realtime(cpu.RealtimeRuntime ?? 0, cpu.RealtimePeriod ?? 0);
        if (cpu.Cpus is { Length: > 0 } cpus)
        {
            Write("cpuset", "cpuset.cpus", cpus, CpuPath + "cpus");
        }
        if (cpu.Mems is { Length: > 0 } mems)
        {
            Write("cpuset", "cpuset.mems", mems, CpuPath + "mems");
        }
    }

    // An update of one leaves the other, but says it again: systemd has only the part that one is of the other, and both follow from it.
    void Bandwidth(long quota, ulong period)
    {
        if (quota == 0 && period == 0)
        {
            return;
        }
        var path = CpuPath + (quota != 0 ? "quota" : "period");
        var share = quota > 0 ? Text(quota) : quota < 0 ? Max : Present?.Quota;
        var length = period != 0 ? Text(period) : Present?.Period;
        if (_v2)
        {
            const string usualPeriod = "100000";
            Write("cpu", "cpu.max", $"{share ?? Max} {length ?? usualPeriod}", path);
            return;
        }
        // The period first: a quota is checked against the period of the moment, and a fresh group has none to be checked.
        if (length is not null)
        {
            Write("cpu", "cpu.cfs_period_us", length, period != 0 ? CpuPath + "period" : path);
        }
        if (share is not null)
        {
            Write("cpu", "cpu.cfs_quota_us", share == Max ? "-1" : share, path);
        }
    }

    void Realtime(long runtime, ulong period)
    {
        if (_v2 && (runtime != 0 || period != 0))
        {
            throw NoCounterpart(CpuPath + (runtime != 0 ? "realtimeRuntime" : "realtimePeriod"));
        }
        if (period != 0)
        {
            Write("cpu", "cpu.rt_period_us", Text(period), CpuPath + "realtimePeriod");
        }
        if (runtime != 0)
        {
            Write("cpu", "cpu.rt_runtime_us", Text(runtime), CpuPath + "realtimeRuntime");
        }
    }

    /// <summary>cpu.shares (2 to 262144, usually 1024) → cpu.weight (1 to 10000, usually 100): the curve through these three points
    /// that runc and crun have used since 2025; the straight line before it turned 1024 into 39.</summary>
    static ulong CpuWeight(ulong shares)
    {
        if (shares <= 2)
        {
            return 1;
        }
        if (shares >= 262_144)
        {
            return 10_000;
        }
        var log = Math.Log2(shares);
        return (ulong)Math.Ceiling(Math.Pow(10, (log * log + 125 * log) / 612 - 7.0 / 34));
    }
}
