using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace SharpRun.Planning;

/// <summary>
/// The limits of a container as properties of its systemd unit (systemd.resource-control(5)), so that systemd, when it writes its groups anew,
/// writes the same. They are taken from what is written to the group's files, whichever property of config.json asked for it; the files
/// are written all the same, because systemd rounds, and knows only some of them.
/// </summary>
public sealed class UnitProperties
{
    private const string Infinity = "uint64 18446744073709551615";

    // systemd 252 (its NEWS): a weight of 0 is cpu.idle.
    private const int KnowsIdle = 252;

    private readonly List<UnitProperty> _properties = [];
    private readonly int _version;
    private string? _quota, _period;

    private UnitProperties(int version) => _version = version;

    /// <summary>Of limits alone: also what `update` sets (SetUnitProperties). Devices are not among them: systemd would shut them all for a
    /// moment, under a running program.</summary>
    public static IReadOnlyList<UnitProperty> OfLimits(IReadOnlyList<CgroupWrite> writes, int version)
    {
        var properties = new UnitProperties(version);
        foreach (var write in writes)
        {
            properties.Add(write);
        }
        return properties._properties;
    }

    private void Add(CgroupWrite write)
    {
        switch (write.File)
        {
            case "memory.max": Set("MemoryMax", Limit(write.Value), write); break;
            case "memory.high": Set("MemoryHigh", Limit(write.Value), write); break;
            case "memory.low": Set("MemoryLow", Limit(write.Value), write); break;
            case "memory.min": Set("MemoryMin", Limit(write.Value), write); break;
            case "memory.swap.max": Set("MemorySwapMax", Limit(write.Value), write); break;
            case "memory.limit_in_bytes": Set("MemoryLimit", Limit(write.Value), write); break;
            case "pids.max": Set("TasksMax", Limit(write.Value), write); break;
            case "cpu.weight": Set("CPUWeight", $"uint64 {write.Value}", write); break;
            case "cpu.shares": Set("CPUShares", Shares(write.Value), write); break;
            case "cpu.idle" when write.Value == "1" && _version >= KnowsIdle: Set("CPUWeight", "uint64 0", write); break;
            case "cpu.max" when write.Value.Split(' ') is var words: Bandwidth(words[0], words.Length > 1 ? words[1] : null, write); break;
            case "cpu.cfs_quota_us": Bandwidth(write.Value, _period, write); break;
            case "cpu.cfs_period_us": Bandwidth(_quota, write.Value, write); break;
            case "cpuset.cpus": Set("AllowedCPUs", Mask(write.Value, write.JsonPath), write); break;
            case "cpuset.mems": Set("AllowedMemoryNodes", Mask(write.Value, write.JsonPath), write); break;
            case "blkio.weight": Set("BlockIOWeight", $"uint64 {write.Value}", write); break;
            case "io.bfq.weight" when write.Otherwise is { File: "io.weight" } other: Weight(other.Value, write); break;
            case "io.weight": Weight(write.Value, write); break;
        }
    }

    // The last word on a property counts, as it does in the files; but an idle group's weight is 0, whatever weight it has besides.
    private void Set(string name, string value, CgroupWrite write)
    {
        var index = _properties.FindIndex(property => property.Name == name);
        if (index < 0)
        {
            _properties.Add(new UnitProperty(name, value, write.JsonPath));
        }
        else if (name != "CPUWeight" || _properties[index].Value != "uint64 0")
        {
            _properties[index] = new UnitProperty(name, value, write.JsonPath);
        }
    }

    // That of one device ("8:0 200") systemd is not told: it knows devices by paths, and leaves the lines of others alone.
    private void Weight(string value, CgroupWrite write)
    {
        const string ofAll = "default ";
        var number = value.StartsWith(ofAll, StringComparison.Ordinal) ? value[ofAll.Length..] : value;
        if (ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            Set("IOWeight", $"uint64 {number}", write);
        }
    }

    private void Bandwidth(string? quota, string? period, CgroupWrite write)
    {
        const string usualPeriod = "100000"; // microseconds, as all here
        const ulong step = 10_000;
        (_quota, _period) = (quota, period);
        if (!ulong.TryParse(period ?? usualPeriod, NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length == 0)
        {
            // Of linux.resources.unified, where anything may stand. The kernel refuses it, and says so.
            return;
        }
        if (period is not null)
        {
            Set("CPUQuotaPeriodUSec", $"uint64 {period}", write);
        }
        if (quota is not null)
        {
            // Of a second, in steps of a hundredth, upwards: systemd cannot say more exactly.
            var isLimit = ulong.TryParse(quota, NumberStyles.None, CultureInfo.InvariantCulture, out var time) && time > 0;
            var share = ((UInt128)time * 1_000_000 / length + step - 1) / step * step;
            Set("CPUQuotaPerSecUSec", isLimit && share < ulong.MaxValue ? string.Create(CultureInfo.InvariantCulture, $"uint64 {share}") : Infinity, write);
        }
    }

    /// <summary>"0-2,8" as a bit for each, in bytes, the lowest first: [byte 7, byte 1].</summary>
    private static string Mask(string list, string jsonPath)
    {
        // The kernel's NR_CPUS is 8192 at most.
        const int most = 8192;
        var bytes = new byte[most / 8];
        var length = 0;
        foreach (var part in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            // "a", "a-b" or "a-b:c/d": of each d in the range the first c.
            var words = part.Split('-', ':', '/');
            var numbers = Array.ConvertAll(words, word => int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : most);
            var (first, last) = (numbers[0], numbers.Length > 1 ? numbers[1] : numbers[0]);
            var (used, stride) = numbers.Length == 4 ? (numbers[2], numbers[3]) : (1, 1);
            if (last >= most || stride == 0)
            {
                throw new SpecError(jsonPath, $"\"{list}\" is not a list of processors or memory nodes below {most}");
            }
            for (var i = first; i <= last; i++)
            {
                if ((i - first) % stride < used)
                {
                    bytes[i / 8] |= (byte)(1 << (i % 8));
                    length = Math.Max(length, i / 8 + 1);
                }
            }
        }
        var text = new StringBuilder("@ay [");
        for (var i = 0; i < length; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(i == 0 ? "" : ", ")}{bytes[i]}");
        }
        return text.Append(']').ToString();
    }

    private static string Limit(string value) => value is "max" or "-1" ? Infinity : $"uint64 {value}";

    // Where the kernel takes the nearest that it can have, systemd refuses.
    private static string Shares(string value) => ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var shares)
        ? string.Create(CultureInfo.InvariantCulture, $"uint64 {Math.Clamp(shares, 2, 262_144)}")
        : value;

    /// <summary>
    /// The device list in systemd's words. It has no "all but", and no minor number below every major; such a list it is not told, and then
    /// lets every device be, while the group's own list or program holds. What it is told has to say the same as ours: on cgroup2 both
    /// programs must allow a device, and after `systemctl daemon-reload` systemd's is attached anew.
    /// </summary>
    public static IReadOnlyList<UnitProperty> OfDevices(IReadOnlyList<DeviceRule> rules, int listed)
    {
        const string path = "linux.resources.devices";
        var allowed = new StringBuilder();
        foreach (var line in Lines(rules, listed))
        {
            if (line.File == DeviceFilter.DenyFile && line.Value == DeviceFilter.Everything)
            {
                continue;
            }
            // "c 1:3 rwm", and all else is denied.
            var words = line.Value.Split(' ', ':');
            if (line.File != DeviceFilter.AllowFile || words.Length != 4 || (words[1] == "*" && words[2] != "*"))
            {
                return [new("DevicePolicy", "'auto'", path), new("DeviceAllow", "@a(ss) []", path)];
            }
            allowed.Append(allowed.Length == 0 ? "" : ", ").Append(Entry(words));
        }
        return [new("DevicePolicy", "'strict'", path), new("DeviceAllow", $"@a(ss) [{allowed}]", path)];
    }

    private static string Entry(string[] words)
    {
        var type = words[0] == "b" ? "block" : "char";
        // A number in place of a driver's name is known since systemd 240; the paths are never looked up.
        return words[2] == "*" ? $"('{type}-{words[1]}', '{words[3]}')" : $"('/dev/{type}/{words[1]}:{words[2]}', '{words[3]}')";
    }

    private static List<DeviceFilter.Line> Lines(IReadOnlyList<DeviceRule> rules, int listed)
    {
        try
        {
            return DeviceFilter.Writes(rules, listed);
        }
        catch (SpecError)
        {
            // On v1 it has been refused before. cgroup2 takes it.
            return [new(DeviceFilter.AllowFile, DeviceFilter.Everything, "")];
        }
    }
}
