using System;

namespace SharpRun.Planning;

public static partial class SpecRules
{
    // kernel/sched: the kernel takes periods from 1 ms to 1 s and quotas from 1 ms on.
    private const ulong ShortestPeriod = 1_000, LongestPeriod = 1_000_000;

    // For cgroup v1 every rule is compared with those before it. Managers write some twenty.
    private const int MostDeviceRules = 10_000;

    private static void DeviceRulesAreFew(Spec spec)
    {
        if (spec.Linux.Resources.Devices.Count > MostDeviceRules)
        {
            throw new SpecError("linux.resources.devices", $"at most {MostDeviceRules} rules are expected, found {spec.Linux.Resources.Devices.Count}");
        }
    }

    private static void MemoryIsInRange(Spec spec)
    {
        var memory = spec.Linux.Resources.Memory;
        CheckLimit("linux.resources.memory.limit", memory?.Limit);
        CheckLimit("linux.resources.memory.reservation", memory?.Reservation);
        CheckLimit("linux.resources.memory.swap", memory?.Swap);
    }

    private static void CheckLimit(string path, long? value)
    {
        if (value < -1)
        {
            throw new SpecError(path, $"a whole number from -1 (no limit) on is expected, found {value}");
        }
    }

    // Swap counts memory and swap together, so it means nothing without a memory limit. Zero and -1 set no bound.
    private static void SwapHasLimit(Spec spec)
    {
        if (spec.Linux.Resources.Memory is { Swap: > 0 } memory && memory.Limit is null or <= 0)
        {
            throw new SpecError("linux.resources.memory.swap", "unable to set swap limit without memory limit");
        }
    }

    private static void SwapIsAtLeastLimit(Spec spec)
    {
        if (spec.Linux.Resources.Memory is { Swap: > 0 } memory && memory.Swap < memory.Limit)
        {
            throw new SpecError("linux.resources.memory.swap", $"memory and swap together ({memory.Swap}) must not be less than memory alone ({memory.Limit})");
        }
    }

    private static void PidsAreInRange(Spec spec) => CheckLimit("linux.resources.pids.limit", spec.Linux.Resources.PidsLimit);

    private static void CpuTimesAreInRange(Spec spec)
    {
        var cpu = spec.Linux.Resources.Cpu;
        if (cpu?.Period is > 0 and (< ShortestPeriod or > LongestPeriod))
        {
            throw new SpecError("linux.resources.cpu.period", $"{ShortestPeriod} to {LongestPeriod} microseconds are expected, found {cpu.Period}");
        }
        if (cpu?.Quota is > 0 and < (long)ShortestPeriod)
        {
            throw new SpecError("linux.resources.cpu.quota", $"at least {ShortestPeriod} microseconds are expected, found {cpu.Quota}");
        }
    }

    private static void CpuListsAreWellFormed(Spec spec)
    {
        CheckList("linux.resources.cpu.cpus", spec.Linux.Resources.Cpu?.Cpus);
        CheckList("linux.resources.cpu.mems", spec.Linux.Resources.Cpu?.Mems);
    }

    // cpuset(7), "List format": numbers and ranges with commas between them, a range perhaps with a stride ("0-31:1/2").
    private static void CheckList(string path, string? list)
    {
        if (string.IsNullOrEmpty(list))
        {
            return;
        }
        foreach (var part in list.Split(','))
        {
            if (!IsRange(part))
            {
                throw new SpecError(path, $"\"{list}\" is not a list such as 0-3,7");
            }
        }
    }

    private static bool IsRange(string part)
    {
        // What may follow a number, after what came before it: "a", "a-b", "a-b:c/d".
        const string Separators = "-:/";
        var next = 0;
        var digits = 0;
        foreach (var c in part)
        {
            if (char.IsAsciiDigit(c))
            {
                digits++;
            }
            else if (digits > 0 && next < Separators.Length && c == Separators[next])
            {
                next++;
                digits = 0;
            }
            else
            {
                return false;
            }
        }
        return digits > 0 && next is 0 or 1 or 3;
    }

    // The specification's range; the kernel itself takes up to 200 since 5.8.
    private static void SwappinessIsInRange(Spec spec)
    {
        if (spec.Linux.Resources.Memory?.Swappiness is > 100 and var swappiness)
        {
            throw new SpecError("linux.resources.memory.swappiness", $"invalid value for memory swappiness: 0 to 100 are expected, found {swappiness}");
        }
    }

    private static void CpuIdleIsZeroOrOne(Spec spec)
    {
        if (spec.Linux.Resources.Cpu?.Idle is not (null or 0 or 1) and var idle)
        {
            throw new SpecError("linux.resources.cpu.idle", $"0 or 1 is expected, found {idle}");
        }
    }

    private static void BlockWeightsAreInRange(Spec spec)
    {
        const string path = "linux.resources.blockIO.";
        if (spec.Linux.Resources.BlockIO is not { } blockIO)
        {
            return;
        }
        CheckWeight(path + "weight", blockIO.Weight);
        CheckWeight(path + "leafWeight", blockIO.LeafWeight);
        for (var i = 0; i < blockIO.WeightDevice.Count; i++)
        {
            CheckWeight($"{path}weightDevice[{i}].weight", blockIO.WeightDevice[i].Weight);
            CheckWeight($"{path}weightDevice[{i}].leafWeight", blockIO.WeightDevice[i].LeafWeight);
        }
    }

    // Zero is "not given": docker sends it in every container.
    private static void CheckWeight(string path, uint? weight)
    {
        if (weight is > 0 and < 10 or > 1000)
        {
            throw new SpecError(path, $"a weight from 10 to 1000 is expected, found {weight}");
        }
    }

    // They become part of a file's name: hugetlb.2MB.max.
    private static void HugepageSizesAreNames(Spec spec)
    {
        var limits = spec.Linux.Resources.HugepageLimits;
        for (var i = 0; i < limits.Count; i++)
        {
            var size = limits[i].PageSize.AsSpan();
            var isName = size.Length > 2 && size[..^2].IndexOfAnyExceptInRange('0', '9') < 0 && size[0] != '0' && size[^2..] is "KB" or "MB" or "GB";
            if (!isName)
            {
                throw new SpecError($"linux.resources.hugepageLimits[{i}].pageSize", $"a size such as 64KB, 2MB or 1GB is expected, found \"{size}\"");
            }
        }
    }

    private static void UnifiedKeysAreFiles(Spec spec)
    {
        foreach (var key in spec.Linux.Resources.Unified.Keys)
        {
            if (key.Contains('/', StringComparison.Ordinal))
            {
                throw new SpecError("linux.resources.unified", $"unified resource \"{key}\" must be a file name (no slashes)");
            }
            var dot = key.IndexOf('.', StringComparison.Ordinal);
            if (dot <= 0 || dot == key.Length - 1)
            {
                throw new SpecError("linux.resources.unified", $"unified resource \"{key}\" must be in the form CONTROLLER.PARAMETER");
            }
        }
    }
}
