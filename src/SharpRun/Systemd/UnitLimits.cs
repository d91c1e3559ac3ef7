using System;
using System.Collections.Generic;
using SharpRun.DBus;
using SharpRun.Planning;
using SharpRun.State;

namespace SharpRun.Systemd;

/// <summary>The limits of a container's unit, for `update`: what they are to be, and what they have been before.</summary>
sealed class UnitLimits : IDisposable
{
    private readonly string _unit;
    private readonly SystemdManager _systemd;
    private readonly List<Value> _wanted, _before;

    /// <summary>Asks only, and changes nothing.</summary>
    public UnitLimits(CgroupRecord cgroup, IReadOnlyList<CgroupWrite> writes)
    {
        _unit = cgroup.Unit!;
        _systemd = SystemdManager.Connect(cgroup.IsUsersUnit);
        var properties = UnitProperties.OfLimits(writes, _systemd.Version());
        _wanted = SystemdManager.Values(properties);
        _before = properties.Count > 0 ? _systemd.Present(_unit, properties) : [];
    }

    public void Dispose() => _systemd.Dispose();

    /// <summary>All of them are set, or none.</summary>
    public void Set() => Set(_wanted);

    public void PutBack() => Set(_before);

    private void Set(List<Value> properties)
    {
        if (properties.Count > 0)
        {
            _systemd.Set(_unit, properties);
        }
    }
}
