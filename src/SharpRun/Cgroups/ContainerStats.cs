using SharpRun.Planning;
using SharpRun.State;

namespace SharpRun.Cgroups;

/// <summary>The groups of a container that are counted in, by the controllers of this machine's hierarchies.</summary>
sealed class ContainerStats(CgroupRecord record, HostFacts host)
{
    private readonly CgroupPlan _groups = ExecCgroups.Of(record, [], host)!;

    public CgroupStats Read() =>
        _groups.Layout == CgroupLayout.V2 ? StatsOfV2.Read(_groups.Directories[0].FullPath) : StatsOfV1.Read(_groups.Directories);

    public OomWatch WatchOom() => OomWatch.Open(_groups);
}
