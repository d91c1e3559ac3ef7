using System;
using System.Collections.Generic;
using SharpRun.Planning;
using SharpRun.State;

namespace SharpRun.Cgroups;

/// <summary>The groups of a container that are counted in, by the controllers of this machine's hierarchies.</summary>
sealed class ContainerStats
{
    private readonly CgroupLayout _layout;
    private readonly List<(string Controllers, string Path)> _directories = [];

    public ContainerStats(CgroupRecord record, HostFacts host)
    {
        _layout = record.Layout;
        foreach (var directory in ExecCgroups.Of(record, [], host)!.Directories)
        {
            _directories.Add((directory.Controllers, directory.FullPath));
        }
    }

    public CgroupStats Read() => _layout == CgroupLayout.V2 ? StatsOfV2.Read(_directories[0].Path) : StatsOfV1.Read(_directories);

    public OomWatch WatchOom() => OomWatch.Open(_layout, _directories);
}
