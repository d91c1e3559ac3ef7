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
}
