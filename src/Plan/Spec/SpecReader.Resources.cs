using System.Collections.Generic;
using System.Text.Json;

namespace SharpRun.Planning;

public ref partial struct SpecReader
{
    // dev_t as the kernel splits it: 12 bits and 20 bits (linux/kdev_t.h).
    private const long MaxMajor = (1 << 12) - 1, MaxMinor = (1 << 20) - 1;

    private Resources ReadResources()
    {
        var resources = new Resources();
        if (!BeginObject())
        {
            return resources;
        }
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("devices", ref seen)) { resources = resources with { Devices = ReadDeviceRules() }; }
            else if (Key("memory", ref seen)) { resources = resources with { Memory = ReadMemory() }; }
            else if (Key("cpu", ref seen)) { resources = resources with { Cpu = ReadCpu() }; }
            else if (Key("pids", ref seen)) { resources = resources with { PidsLimit = ReadPidsLimit() }; }
            else if (Key("blockIO", ref seen)) { resources = resources with { BlockIO = ReadBlockIO() }; }
            else if (Key("hugepageLimits", ref seen)) { resources = resources with { HugepageLimits = ReadHugepageLimits() }; }
            else if (Key("network", ref seen)) { resources = resources with { Network = ReadNetwork() }; }
            else if (Key("rdma", ref seen)) { resources = resources with { Rdma = ReadRdma() }; }
            else if (Key("unified", ref seen)) { resources = resources with { Unified = ReadTextMap("a unified setting") }; }
            else { _reader.Skip(); }
        }
        return resources;
    }

    private List<DeviceRule> ReadDeviceRules()
    {
        var rules = new List<DeviceRule>();
        if (BeginArray())
        {
            while (NextElement())
            {
                rules.Add(ReadDeviceRule());
            }
        }
        return rules;
    }

    private DeviceRule ReadDeviceRule()
    {
        var allow = false;
        var type = 'a';
        uint? major = null, minor = null;
        var access = DeviceAccess.None;
        RequireObject();
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("allow", ref seen)) { allow = Flag(); }
            else if (Key("type", ref seen)) { type = ReadRuleType(); }
            else if (Key("major", ref seen)) { major = ReadNumberOrAny(MaxMajor); }
            else if (Key("minor", ref seen)) { minor = ReadNumberOrAny(MaxMinor); }
            else if (Key("access", ref seen)) { access = ReadAccess(); }
            else { _reader.Skip(); }
        }
        if (access == DeviceAccess.None)
        {
            // "All devices" without letters can only mean every access; for one device it would be a rule that does nothing.
            access = type == 'a' ? DeviceAccess.All : throw Missing("access");
        }
        return new DeviceRule(allow, type, major, minor, access);
    }

    private char ReadRuleType()
    {
        var type = Text();
        return type is null or "a" or "b" or "c" ? (type ?? "a")[0] : throw Problem($"\"{type}\" is not a type of device rule (a, b and c are)");
    }

    // docker writes -1 for the * of --device-cgroup-rule.
    private uint? ReadNumberOrAny(long most) => Integer(-1, most) is { } number and >= 0 ? (uint)number : null;

    private DeviceAccess ReadAccess()
    {
        var access = DeviceAccess.None;
        foreach (var letter in Text() ?? "")
        {
            access |= letter switch
            {
                'r' => DeviceAccess.Read,
                'w' => DeviceAccess.Write,
                'm' => DeviceAccess.Mknod,
                _ => throw Problem($"\"{letter}\" is not a kind of access (r, w and m are)"),
            };
        }
        return access;
    }

    private Memory? ReadMemory()
    {
        if (!BeginObject())
        {
            return null;
        }
        long? limit = null, reservation = null, swap = null;
        ulong? swappiness = null;
        bool disableOomKiller = false, useHierarchy = false;
        bool? checkBeforeUpdate = null;
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("limit", ref seen)) { limit = Integer(long.MinValue, long.MaxValue); }
            else if (Key("reservation", ref seen)) { reservation = Integer(long.MinValue, long.MaxValue); }
            else if (Key("swap", ref seen)) { swap = Integer(long.MinValue, long.MaxValue); }
            else if (Key("swappiness", ref seen)) { swappiness = ReadSwappiness(); }
            else if (Key("disableOOMKiller", ref seen)) { disableOomKiller = Flag(); }
            else if (Key("useHierarchy", ref seen)) { useHierarchy = Flag(); }
            else if (Key("checkBeforeUpdate", ref seen)) { checkBeforeUpdate = _reader.TokenType == JsonTokenType.Null ? null : Flag(); }
            else { Other(NotYet.Memory, ref seen); }
        }
        return new Memory(limit, reservation, swap)
        {
            Swappiness = swappiness,
            DisableOomKiller = disableOomKiller,
            UseHierarchy = useHierarchy,
            CheckBeforeUpdate = checkBeforeUpdate,
        };
    }

    // -1 is an older "not given", which some writers turn into the largest number of 64 bits.
    private ulong? ReadSwappiness() =>
        _reader.TokenType == JsonTokenType.Number && _reader.TryGetInt64(out var number) && number == -1 ? null
        : Unsigned() is { } value and not ulong.MaxValue ? value : null;

    private Cpu? ReadCpu()
    {
        if (!BeginObject())
        {
            return null;
        }
        ulong? shares = null, period = null;
        long? quota = null;
        string? cpus = null, mems = null;
        ulong? burst = null, realtimePeriod = null;
        long? idle = null, realtimeRuntime = null;
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("shares", ref seen)) { shares = Unsigned(); }
            else if (Key("quota", ref seen)) { quota = Integer(long.MinValue, long.MaxValue); }
            else if (Key("period", ref seen)) { period = Unsigned(); }
            else if (Key("cpus", ref seen)) { cpus = Text(); }
            else if (Key("mems", ref seen)) { mems = Text(); }
            else if (Key("burst", ref seen)) { burst = Unsigned(); }
            else if (Key("idle", ref seen)) { idle = Integer(long.MinValue, long.MaxValue); }
            else if (Key("realtimeRuntime", ref seen)) { realtimeRuntime = Integer(long.MinValue, long.MaxValue); }
            else if (Key("realtimePeriod", ref seen)) { realtimePeriod = Unsigned(); }
            else { _reader.Skip(); }
        }
        return new Cpu(shares, quota, period, cpus, mems) { Burst = burst, Idle = idle, RealtimeRuntime = realtimeRuntime, RealtimePeriod = realtimePeriod };
    }

    private long? ReadPidsLimit()
    {
        long? limit = null;
        if (!BeginObject())
        {
            return null;
        }
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("limit", ref seen)) { limit = Integer(long.MinValue, long.MaxValue); }
            else { _reader.Skip(); }
        }
        return limit;
    }
}
