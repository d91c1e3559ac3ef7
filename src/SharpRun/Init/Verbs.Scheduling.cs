using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.InitStage;

static partial class Verbs
{
    private static Errno SetScheduler(SetScheduler set) => Sys.SetScheduler(new Sys.SchedAttr
    {
        Policy = set.Scheduler.Policy,
        Flags = set.Scheduler.Flags,
        Nice = set.Scheduler.Nice,
        Priority = (uint)set.Scheduler.Priority,
        Runtime = set.Scheduler.Runtime,
        Deadline = set.Scheduler.Deadline,
        Period = set.Scheduler.Period,
    });
}
