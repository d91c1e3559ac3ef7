using System;
using System.Collections.Generic;
using SharpRun.DBus;
using SharpRun.Planning;
using SharpRun.State;

namespace SharpRun.Systemd;

/// <summary>systemd's manager on the bus (org.freedesktop.systemd1(5)): what the runtime asks of it, one connection a command.</summary>
sealed class SystemdManager : IDisposable
{
    private const string Name = "org.freedesktop.systemd1", Path = "/org/freedesktop/systemd1", Interface = Name + ".Manager";
    private const string Properties = "org.freedesktop.DBus.Properties";

    private readonly Bus _bus;

    private SystemdManager(Bus bus) => _bus = bus;

    public int Fd => _bus.Fd;

    /// <summary>Null when another manager makes the cgroup. An ordinary user has a systemd of its own. Adds what it says of itself to the facts.</summary>
    public static SystemdManager? ConnectFor(CgroupManager manager, ref HostFacts host)
    {
        if (manager != CgroupManager.Systemd)
        {
            return null;
        }
        var isUsers = host.Euid != 0 || host.InUserNamespace;
        var systemd = Connect(isUsers);
        host = host with { Systemd = systemd.Facts(isUsers) };
        return systemd;
    }

    public static SystemdManager Connect(bool isUsers) => new(Bus.Connect(isUsers));

    public void Dispose() => _bus.Dispose();

    private SystemdFacts Facts(bool isUsers) => new(Version(), Property("ControlGroup")) { IsUsers = isUsers };

    /// <summary>252 of "252.39-1~deb12u1".</summary>
    public int Version()
    {
        var version = Property("Version");
        var start = version.AsSpan().IndexOfAnyInRange('0', '9');
        var digits = start < 0 ? "" : version[start..];
        var end = digits.AsSpan().IndexOfAnyExceptInRange('0', '9');
        return int.TryParse(end < 0 ? digits : digits[..end], out var number)
            ? number
            : throw new SystemdError($"systemd: \"{version}\" is not a version");
    }

    private string Property(string name)
    {
        var answer = AskAt(Path, $"read its property {name}", Properties, "Get", Interface, name);
        return answer.Body is [VariantValue { Inner: TextValue text }] ? text.Text : throw new SystemdError($"systemd: its property {name} is no text");
    }

    /// <summary>Properties as the bus takes them; one whose text is no value is an error of config.json.</summary>
    public static List<Value> Values(IReadOnlyList<UnitProperty> properties)
    {
        var values = new List<Value>(properties.Count + 1);
        foreach (var property in properties)
        {
            values.Add(Pair(property));
        }
        return values;
    }

    /// <summary>Has the unit started with this process in it (a slice: without). Gives the answer, which names systemd's job.</summary>
    public Message BeginStart(SystemdUnit unit, List<Value> properties, int pid)
    {
        if (!unit.IsSlice)
        {
            properties.Add(new StructValue("PIDs", new VariantValue(new ArrayValue("u", [Value.UInt32((uint)pid)]))));
        }
        MatchJobs(unit.Name);
        try
        {
            return BeginStart(unit.Name, properties);
        }
        catch (SystemdError error) when (error.Name == SystemdError.UnitExists)
        {
            // One of the same name that has failed stays until somebody asks for it.
            ResetFailed(unit.Name);
        }
        try
        {
            return BeginStart(unit.Name, properties);
        }
        catch (SystemdError error) when (error.Name == SystemdError.UnitExists)
        {
            throw new StateError(ErrorCode.CgroupInUse, $"systemd: the unit {unit.Name} exists already");
        }
    }

    private Message BeginStart(string unit, List<Value> properties) => Ask($"start {unit}", "StartTransientUnit",
        unit, "fail", new ArrayValue("(sv)", properties), new ArrayValue("(sa(sv))", []));

    /// <summary>Comes back when the unit's group is there, with the process in it.</summary>
    public void AwaitStart(SystemdUnit unit, Message begun) => Await($"start {unit.Name}", begun);

    /// <summary>Stops the unit and forgets that it may have failed. One that is gone is no error.</summary>
    public void Stop(string unit)
    {
        MatchJobs(unit);
        try
        {
            Await($"stop {unit}", Ask($"stop {unit}", "StopUnit", unit, "replace"));
        }
        catch (SystemdError error) when (error.Name == SystemdError.NoSuchUnit)
        {
        }
        ResetFailed(unit);
    }

    /// <summary>Moves a process into the container's unit.</summary>
    public static void Attach(CgroupRecord cgroup, int pid)
    {
        using var systemd = Connect(cgroup.IsUsersUnit);
        systemd.Ask($"move process {pid} to {cgroup.Unit}", "AttachProcessesToUnit", cgroup.Unit!, "", new ArrayValue("u", [Value.UInt32((uint)pid)]));
    }

    /// <summary>Other limits of a running unit, until the machine's next start. All of them are set, or none.</summary>
    public void Set(string unit, List<Value> properties)
    {
        const bool untilReboot = true;
        Ask($"set properties of {unit}", "SetUnitProperties", unit, untilReboot, new ArrayValue("(sv)", properties));
    }

    /// <summary>These properties of a unit as they are, in the form in which they are set.</summary>
    public List<Value> Present(string unit, IReadOnlyList<UnitProperty> properties)
    {
        var values = new List<Value>(properties.Count);
        var path = Ask($"look up {unit}", "GetUnit", unit).TextAt(0);
        var kind = Name + (unit.EndsWith(".slice", StringComparison.Ordinal) ? ".Slice" : ".Scope");
        foreach (var property in properties)
        {
            var answer = AskAt(path, $"read {property.Name} of {unit}", Properties, "Get", kind, property.Name);
            values.Add(answer.Body is [VariantValue value]
                ? new StructValue(property.Name, value)
                : throw new SystemdError($"systemd: {property.Name} of {unit} has no value"));
        }
        return values;
    }

    private void ResetFailed(string unit)
    {
        try
        {
            _bus.Call(Name, Path, Interface, "ResetFailedUnit", unit);
        }
        catch (SystemdError error) when (error.Name.Length > 0)
        {
            // It is gone, or has not failed.
        }
    }

    // Before the call, so that no job is over before we listen. A unit's name has nothing in it that a rule would have to quote.
    private void MatchJobs(string unit) =>
        _bus.Match($"type='signal',sender='{Name}',path='{Path}',interface='{Interface}',member='JobRemoved',arg2='{unit}'");

    // JobRemoved: id, job, unit, result. Everybody on the bus may send us a signal, and a false one would leave the process outside of its
    // unit: it counts when it is from whoever has answered.
    private void Await(string act, Message begun)
    {
        var removed = _bus.Signal(signal => signal.Member == "JobRemoved" && signal.Interface == Interface && signal.TextAt(1) == begun.TextAt(0)
            && !Check.SignalIsSystemds.Fails(signal.Sender != begun.Sender))
            ?? throw new SystemdError($"systemd: {act}: the job has not ended in {Bus.Limit / 1000.0:0.#} s");
        if (Check.SystemdJobIsDone.Fails(removed.TextAt(3) != "done"))
        {
            throw new SystemdError($"systemd: {act}: the job's result is \"{removed.TextAt(3)}\" (journalctl -u {removed.TextAt(2)} may tell more)");
        }
    }

    private Message Ask(string act, string method, params Value[] arguments) => AskAt(Path, act, Interface, method, arguments);

    private Message AskAt(string path, string act, string name, string method, params Value[] arguments)
    {
        try
        {
            return _bus.Call(Name, path, name, method, arguments);
        }
        catch (SystemdError error)
        {
            throw new SystemdError($"systemd: {act}: {error.Message}", error.Name);
        }
    }

    private static StructValue Pair(UnitProperty property)
    {
        try
        {
            return new StructValue(property.Name, new VariantValue(ValueText.Parse(property.Value)));
        }
        catch (WireError error)
        {
            throw new SpecError(property.JsonPath, error.Message);
        }
    }
}
