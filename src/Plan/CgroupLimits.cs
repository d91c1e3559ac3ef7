using System;
using System.Collections.Generic;
using System.Globalization;

namespace SharpRun.Planning;

/// <summary>The table "property → file" for both versions (features.md section 4), as writes in an order that the kernel takes.</summary>
sealed partial class CgroupLimits(CgroupLayout layout, IReadOnlyList<CgroupDirectory> directories, List<CgroupWrite> writes)
{
    const string Max = "max";
    readonly bool _v2 = layout == CgroupLayout.V2;
    List<string>? _warnings;

    /// <summary>The caller may make no group.</summary>
    public bool IsDenied { get; init; }

    /// <summary>The caller wants no group.</summary>
    public bool IsDisabled { get; init; }

    /// <summary>Null: the group is new, and nothing is limited.</summary>
    public PresentLimits? Present { get; init; }

    public IReadOnlyList<string> Warnings => _warnings ?? (IReadOnlyList<string>)[];

    public void Plan(Resources resources)
    {
        Memory(resources.Memory);
        Cpu(resources.Cpu);
        Pids(resources.PidsLimit);
        BlockIO(resources.BlockIO);
        Hugepages(resources.HugepageLimits);
        Rdma(resources.Rdma);
        Network(resources.Network);
        // Last of all: what is named by its file has the last word.
        Unified(resources.Unified);
    }

    void Pids(long? limit)
    {
        if (limit is { } count)
        {
            // With a limit of 0 the first process could not be born in the group (clone3 says EAGAIN), and once it is there, 0 and 1
            // are the same: no process more.
            Write("pids", "pids.max", count < 0 ? Max : Text((ulong)Math.Max(count, 1)), "linux.resources.pids.limit");
        }
    }

    /// <summary>Whether a limit of this controller can be written. On v2 only the parent knows: it reads cgroup.controllers before it makes
    /// anything.</summary>
    public bool Has(string controller) => IndexOf(controller) >= 0;

    public SpecError Missing(string jsonPath, string controller) => new(jsonPath, IsDenied
        ? "rootless needs no limits + no cgrouppath when no permission is granted for cgroups"
        : IsDisabled ? "nothing keeps a limit when the cgroup manager is disabled"
        : layout == CgroupLayout.None
        ? Present is null ? "this machine has no cgroups to limit anything with" : "the container has no cgroup of its own to limit anything with"
        : $"the cgroup controller \"{controller}\" is not mounted on this machine");

    static SpecError NoCounterpart(string jsonPath) => new(jsonPath, "cgroup v2 has no such setting") { IsUnsupported = true };

    void Ignore(string jsonPath) => (_warnings ??= []).Add($"{jsonPath} is ignored: cgroup v2 has no such setting");

    public void Write(string controller, string file, string value, string jsonPath) =>
        writes.Add(new CgroupWrite(DirectoryOf(controller, jsonPath), file, value, jsonPath));

    void WriteIfThere(string controller, string file, string value, string jsonPath, bool isOptional = true) =>
        writes.Add(new CgroupWrite(DirectoryOf(controller, jsonPath), file, value, jsonPath) { IsOptional = isOptional });

    int DirectoryOf(string controller, string jsonPath)
    {
        var directory = IndexOf(controller);
        return directory >= 0 ? directory : throw Missing(jsonPath, controller);
    }

    int IndexOf(string controller)
    {
        for (var i = 0; i < directories.Count; i++)
        {
            if (_v2 || directories[i].Has(controller))
            {
                return i;
            }
        }
        return -1;
    }

    string Bytes(long value) => value >= 0 ? Text((ulong)value) : _v2 ? Max : "-1";

    static string Text(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
