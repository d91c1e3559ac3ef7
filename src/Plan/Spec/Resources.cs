using System;
using System.Collections.Generic;

namespace SharpRun.Planning;

/// <summary>linux.resources: of config.json, or what `update` is given. In numbers zero is "not given", unless the property says otherwise.</summary>
public sealed record Resources
{
    public IReadOnlyList<DeviceRule> Devices { get; init; } = [];
    public Memory? Memory { get; init; }
    public Cpu? Cpu { get; init; }

    /// <summary>-1 is "no limit"; zero is a limit.</summary>
    public long? PidsLimit { get; init; }

    public BlockIO? BlockIO { get; init; }
    public IReadOnlyList<HugepageLimit> HugepageLimits { get; init; } = [];
    public IReadOnlyList<RdmaLimit> Rdma { get; init; } = [];
    public Network? Network { get; init; }

    /// <summary>File name in the cgroup2 group → value, in the order of the document; each line of a value is one write.</summary>
    public IReadOnlyDictionary<string, string> Unified { get; init; } = new Dictionary<string, string>();
}

/// <summary>One entry of linux.resources.devices: Type is 'a', 'b' or 'c'; Major or Minor null means any.</summary>
public sealed record DeviceRule(bool Allow, char Type, uint? Major, uint? Minor, DeviceAccess Access);

[Flags]
public enum DeviceAccess
{
    None = 0, Mknod = 1, Read = 2, Write = 4, All = 7,
}

/// <summary>Bytes; -1 is "no limit"; Swap is memory plus swap, as in the specification.</summary>
public sealed record Memory(long? Limit, long? Reservation, long? Swap)
{
    /// <summary>Zero is a value.</summary>
    public ulong? Swappiness { get; init; }

    public bool DisableOomKiller { get; init; }
    public bool UseHierarchy { get; init; }
    /// <summary>An update to less than what is in use is refused. Null: not said.</summary>
    public bool? CheckBeforeUpdate { get; init; }
}

/// <summary>Times in microseconds; a quota below zero is "no limit".</summary>
public sealed record Cpu(ulong? Shares, long? Quota, ulong? Period, string? Cpus, string? Mems)
{
    /// <summary>Zero is a value.</summary>
    public ulong? Burst { get; init; }

    /// <summary>1: only when nobody else wants the processor (SCHED_IDLE); 0: as usual.</summary>
    public long? Idle { get; init; }

    public long? RealtimeRuntime { get; init; }
    public ulong? RealtimePeriod { get; init; }
}

public sealed record BlockIO
{
    /// <summary>10 to 1000.</summary>
    public uint? Weight { get; init; }
    public uint? LeafWeight { get; init; }
    public IReadOnlyList<DeviceWeight> WeightDevice { get; init; } = [];
    public IReadOnlyList<DeviceRate> ReadBytes { get; init; } = [];
    public IReadOnlyList<DeviceRate> WriteBytes { get; init; } = [];
    public IReadOnlyList<DeviceRate> ReadOperations { get; init; } = [];
    public IReadOnlyList<DeviceRate> WriteOperations { get; init; } = [];
}

public sealed record DeviceWeight(uint Major, uint Minor, uint? Weight, uint? LeafWeight);

/// <summary>A second; zero is "no limit".</summary>
public sealed record DeviceRate(uint Major, uint Minor, ulong Rate);

/// <summary>PageSize as the kernel names its files: "2MB". Bytes.</summary>
public sealed record HugepageLimit(string PageSize, ulong Limit);

/// <summary>Of one device such as "mlx5_1"; null leaves the limit as it is.</summary>
public sealed record RdmaLimit(string Device, uint? Handles, uint? Objects);

public sealed record Network(uint? ClassId, IReadOnlyList<InterfacePriority> Priorities);

public sealed record InterfacePriority(string Name, uint Priority);
