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
        }
        if (cpu.Shares is { } shares and > 0 && cpu.Idle is not 1)
        {
            Write("cpu", _v2 ? "cpu.weight" : "cpu.shares", Text(_v2 ? CpuWeight(shares) : shares), CpuPath + "shares");
        }
        if (_v2)
        {
            BandwidthV2(cpu.Quota ?? 0, cpu.Period ?? 0);
        }
        else
        {
            BandwidthV1(cpu.Quota ?? 0, cpu.Period ?? 0);
        }
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

    // One file, "QUOTA PERIOD". An update of one leaves the other: a quota alone may be written without a period.
    void BandwidthV2(long quota, ulong period)
    {
        const ulong usualPeriod = 100_000;
        if (quota == 0 && period == 0)
        {
            return;
        }
        var share = quota > 0 ? Text(quota) : quota < 0 ? Max : Present?.Quota ?? Max;
        var value = period != 0 ? $"{share} {Text(period)}" : Present is null ? $"{share} {Text(usualPeriod)}" : share;
        Write("cpu", "cpu.max", value, CpuPath + (quota != 0 ? "quota" : "period"));
    }

    // The period first: a quota is checked against the period of the moment, and a fresh group has none to be checked.
    void BandwidthV1(long quota, ulong period)
    {
        if (period != 0)
        {
            Write("cpu", "cpu.cfs_period_us", Text(period), CpuPath + "period");
        }
        if (quota != 0)
        {
            Write("cpu", "cpu.cfs_quota_us", quota > 0 ? Text(quota) : "-1", CpuPath + "quota");
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
