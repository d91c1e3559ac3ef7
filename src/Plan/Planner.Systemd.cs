using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace SharpRun.Planning;

public static partial class Planner
{
    private const string CgroupsPath = "linux.cgroupsPath";

    /// <summary>The unit of linux.cgroupsPath, "slice:prefix:name" (cli-contract section 13): the scope prefix-name.scope in the slice, or the
    /// slice that is named in place of a scope.</summary>
    internal static SystemdUnit Unit(string? path, string id, SystemdFacts systemd)
    {
        var parts = string.IsNullOrEmpty(path) ? ["", "sharprun", id] : path.Split(':');
        if (parts.Length != 3)
        {
            throw new SpecError(CgroupsPath, $"the systemd cgroup manager expects \"slice:prefix:name\", found \"{path}\"");
        }
        var slice = parts[0] switch
        {
            "" => systemd.IsUsers ? "user.slice" : "system.slice",
            "-" => "-.slice",
            var given => given,
        };
        var name = parts[2].EndsWith(".slice", StringComparison.Ordinal) ? parts[2]
            : parts[1].Length == 0 ? parts[2] + ".scope"
            : $"{parts[1]}-{parts[2]}.scope";
        RequireUnitName(name, parts[2].Length > 0);
        RequireUnitName(slice, true);
        return new SystemdUnit(name, slice) { IsUsers = systemd.IsUsers };
    }

    // systemd.unit(5): ASCII letters, digits and :-_.\ (and @, which a transient unit may not have), 255 characters.
    private static void RequireUnitName(string name, bool isNamed)
    {
        var isFit = isNamed && name.Length <= 255;
        foreach (var c in name)
        {
            isFit &= char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '\\';
        }
        if (!isFit)
        {
            throw new SpecError(CgroupsPath, $"\"{name}\" cannot be the name of a systemd unit");
        }
    }

    /// <summary>The unit's group below systemd's: "/a.slice/a-b.slice/x.scope" (systemd.slice(5): the dashes are the levels).</summary>
    internal static string PathOf(SystemdUnit unit)
    {
        var path = SlicePath(unit.Slice);
        return unit.IsSlice ? SlicePath(unit.Name) : $"{path}/{unit.Name}";
    }

    private static string SlicePath(string slice)
    {
        if (slice == "-.slice")
        {
            return "";
        }
        var name = slice.EndsWith(".slice", StringComparison.Ordinal) ? slice[..^".slice".Length] : "";
        var path = new StringBuilder();
        if (name.Length == 0 || name[0] == '-' || name[^1] == '-' || name.Contains("--", StringComparison.Ordinal))
        {
            throw new SpecError(CgroupsPath, $"\"{slice}\" is not the name of a slice such as machine.slice or a-b.slice");
        }
        for (var i = 1; i <= name.Length; i++)
        {
            if (i == name.Length || name[i] == '-')
            {
                path.Append(CultureInfo.InvariantCulture, $"/{name[..i]}.slice");
            }
        }
        return path.ToString();
    }

    private static CgroupDirectory[] UnitDirectories(SystemdUnit unit, HostFacts host)
    {
        if (host.CgroupLayout == CgroupLayout.None || (unit.IsUsers && host.CgroupLayout != CgroupLayout.V2))
        {
            throw new SpecError(CgroupsPath, "an ordinary user's systemd makes cgroups on cgroup v2 only");
        }
        var path = host.Systemd!.ControlGroup.TrimEnd('/') + PathOf(unit);
        var directories = new CgroupDirectory[host.Hierarchies.Count];
        for (var i = 0; i < directories.Length; i++)
        {
            directories[i] = new CgroupDirectory(host.Hierarchies[i].Controllers, host.Hierarchies[i].MountPoint, path);
        }
        return directories;
    }

    private static SystemdUnit WithProperties(SystemdUnit unit, Spec spec, string id, CgroupPlan cgroup, HostFacts host)
    {
        var systemd = host.Systemd!;
        var isV2 = cgroup.Layout == CgroupLayout.V2;
        var properties = new List<UnitProperty>(24)
        {
            new("Description", $"'sharprun container {id}'", ""),
            unit.IsSlice ? new("Wants", $"[{Quoted(unit.Slice)}]", "") : new("Slice", Quoted(unit.Slice), ""),
            new("DefaultDependencies", "false", ""),
            new("MemoryAccounting", "true", ""),
            new("CPUAccounting", "true", ""),
            new("TasksAccounting", "true", ""),
            new(isV2 ? "IOAccounting" : "BlockIOAccounting", "true", ""),
        };
        if (!unit.IsSlice)
        {
            properties.Add(new("Delegate", "true", ""));
        }
        // systemd 253 (its NEWS): before, a scope lives on after an OOM kill; since, it is ended, where the kernel alone should decide.
        const int endsAtOom = 253;
        if (isV2 && !unit.IsSlice && systemd.Version >= endsAtOom)
        {
            properties.Add(new("OOMPolicy", "'continue'", ""));
        }
        if (cgroup.DeviceRules is { } rules)
        {
            properties.AddRange(UnitProperties.OfDevices(rules, spec.Linux.Resources.Devices.Count));
        }
        properties.AddRange(UnitProperties.OfLimits(cgroup.Writes, systemd.Version));
        properties.AddRange(UnitAnnotations.Of(spec.Annotations));
        return unit with { Properties = properties };
    }

    // A backslash is of every day in such names (systemd-escape(1)), and an escape in a value's text.
    private static string Quoted(string name) => $"'{name.Replace("\\", "\\\\", StringComparison.Ordinal)}'";
}
