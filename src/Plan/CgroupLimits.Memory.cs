namespace SharpRun.Planning;

// memory. Zero is docker's "not given", in all three amounts.
sealed partial class CgroupLimits
{
    const string MemoryPath = "linux.resources.memory.";

    void Memory(Memory? memory)
    {
        if (memory is null)
        {
            return;
        }
        RefuseBelowUsage(memory);
        if (_v2)
        {
            MemoryAndSwapV2(memory.Limit ?? 0, memory.Swap ?? 0);
        }
        else
        {
            MemoryAndSwapV1(memory.Limit ?? 0, memory.Swap ?? 0);
        }
        if (memory.Reservation is { } reservation and not 0)
        {
            Write("memory", _v2 ? "memory.low" : "memory.soft_limit_in_bytes", Bytes(reservation), MemoryPath + "reservation");
        }
        MemoryHabits(memory);
    }

    // On v2 a limit below what is in use would call the OOM killer. Words of runc.
    void RefuseBelowUsage(Memory memory)
    {
        if (Present is not { } present || memory.CheckBeforeUpdate is not true)
        {
            return;
        }
        var (limit, swap) = (memory.Limit ?? 0, memory.Swap ?? 0);
        if (Check.SwapIsAboveUsage.Fails(swap > 0 && swap <= present.MemoryUsage))
        {
            throw new SpecError(MemoryPath + "swap", $"rejecting memory+swap limit {swap} <= usage {present.MemoryUsage}");
        }
        if (Check.MemoryIsAboveUsage.Fails(limit > 0 && limit <= present.MemoryUsage))
        {
            throw new SpecError(MemoryPath + "limit", $"rejecting memory limit {limit} <= usage {present.MemoryUsage}");
        }
    }

    // v1 limits memory, and memory and swap together. The second may never be below the first, not for a moment either (EINVAL).
    void MemoryAndSwapV1(long limit, long swap)
    {
        var swapProperty = swap != 0 ? "swap" : "limit";
        if (limit == -1 && swap == 0)
        {
            // No limit of memory means none of both together.
            swap = -1;
        }
        var swapFirst = swap == -1 || swap >= (Present?.Memory ?? long.MaxValue);
        if (swap != 0 && swapFirst)
        {
            WriteTogether();
        }
        if (limit != 0)
        {
            Write("memory", "memory.limit_in_bytes", Bytes(limit), MemoryPath + "limit");
        }
        if (swap != 0 && !swapFirst)
        {
            WriteTogether();
        }

        // A kernel that does not count swap lacks the file. It limits none either.
        void WriteTogether() =>
            WriteIfThere("memory", "memory.memsw.limit_in_bytes", Bytes(swap), MemoryPath + swapProperty, isOptional: swap == -1);
    }

    // v2 limits swap alone.
    void MemoryAndSwapV2(long limit, long swap)
    {
        var swapMax = swap > 0 ? Text(SwapAlone(limit, swap)) : swap < 0 || limit == -1 ? Max : null;
        var swapPath = MemoryPath + (swap != 0 ? "swap" : "limit");
        // What gets more room gets it first, and what gets less can still be swapped out when there is more swap.
        var limitFirst = limit < 0 || limit >= (Present?.Memory ?? 0);
        if (swapMax is not null && !limitFirst)
        {
            WriteSwap();
        }
        if (limit != 0)
        {
            Write("memory", "memory.max", Bytes(limit), MemoryPath + "limit");
        }
        if (swapMax is not null && limitFirst)
        {
            WriteSwap();
        }

        // Without swap accounting managers still send "no swap", and there is none.
        void WriteSwap() => WriteIfThere("memory", "memory.swap.max", swapMax, swapPath, isOptional: swapMax is Max or "0");
    }

    // An update may name the sum alone: then the limit that is there counts. (For config.json both refusals are rules.)
    long SwapAlone(long limit, long swap)
    {
        var memory = limit != 0 || Present is null ? limit : Present.Memory;
        if (memory is <= 0 or long.MaxValue)
        {
            throw new SpecError(MemoryPath + "swap", "unable to set swap limit without memory limit");
        }
        return swap >= memory
            ? swap - memory
            : throw new SpecError(MemoryPath + "swap", $"memory and swap together ({swap}) must not be less than memory alone ({memory})");
    }

    void MemoryHabits(Memory memory)
    {
        if (memory.Swappiness is { } swappiness)
        {
            if (_v2)
            {
                Ignore(MemoryPath + "swappiness");
            }
            else
            {
                Write("memory", "memory.swappiness", Text(swappiness), MemoryPath + "swappiness");
            }
        }
        if (memory.DisableOomKiller)
        {
            if (_v2)
            {
                Ignore(MemoryPath + "disableOOMKiller");
            }
            else
            {
                Write("memory", "memory.oom_control", "1", MemoryPath + "disableOOMKiller");
            }
        }
        if (memory.UseHierarchy && !_v2)
        {
            // Always so on v2, and since 5.11 on v1.
            Write("memory", "memory.use_hierarchy", "1", MemoryPath + "useHierarchy");
        }
    }
}
