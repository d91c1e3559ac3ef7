namespace SharpRun.Planning;

// As runc, before the kernel says no more than EINVAL.
public static partial class SpecRules
{
    private static void NiceIsInRange(Spec spec)
    {
        if (spec.Process?.Scheduler is { Nice: < -20 or > 19 } scheduler)
        {
            throw new SpecError("process.scheduler.nice", $"invalid scheduler.nice: {scheduler.Nice} (-20 to 19 is expected)");
        }
    }

    private static void PriorityHasPolicy(Spec spec)
    {
        if (spec.Process?.Scheduler is { Priority: not 0, Name: not ("SCHED_FIFO" or "SCHED_RR") })
        {
            throw new SpecError("process.scheduler.priority", "scheduler.priority can only be specified for SchedFIFO or SchedRR policy");
        }
    }

    private static void DeadlineHasPolicy(Spec spec)
    {
        if (spec.Process?.Scheduler is { Name: not "SCHED_DEADLINE" } scheduler && (scheduler.Runtime | scheduler.Deadline | scheduler.Period) != 0)
        {
            throw new SpecError("process.scheduler", "scheduler runtime/deadline/period can only be specified for SchedDeadline policy");
        }
    }
}
