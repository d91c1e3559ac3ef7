using System;
using System.Collections.Generic;
using System.Globalization;
using SharpRun.Cgroups;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.State;

/// <summary>A process that a pid names only together with its start time (field 22 of /proc/PID/stat, in clock ticks).</summary>
readonly record struct ProcessId(int Pid, ulong Start)
{
    /// <summary>Of a process that is there: our own, or a child that nobody has waited for.</summary>
    public static ProcessId Of(int pid) => ProcFiles.StartTime(pid) is > 0 and var start
        ? new ProcessId(pid, start)
        : throw new ErrnoException($"find the start time of process {pid}", Errno.ESRCH);
}

/// <summary>The container's own groups: a directory a hierarchy, absolute.</summary>
sealed record CgroupRecord(CgroupLayout Layout, IReadOnlyList<string> Directories)
{
    public static CgroupRecord None { get; } = new(CgroupLayout.None, []);

    /// <summary>The systemd unit whose groups they are, or null; whether it is the user's systemd that has made it.</summary>
    public string? Unit { get; init; }
    public bool IsUsersUnit { get; init; }

    public static CgroupRecord Of(CgroupPlan? plan)
    {
        if (plan is null)
        {
            return None;
        }
        var paths = new string[plan.Directories.Count];
        for (var i = 0; i < paths.Length; i++)
        {
            paths[i] = plan.Directories[i].FullPath;
        }
        return new CgroupRecord(plan.Layout, paths) { Unit = plan.Unit?.Name, IsUsersUnit = plan.Unit is { IsUsers: true } };
    }
}

/// <summary>What is known of a container, as state.json keeps it. Its status is not here: it is computed.</summary>
sealed record ContainerState
{
    public required string Id { get; init; }

    /// <summary>The container's init; pid 0 in the record that is written before anything exists.</summary>
    public ProcessId Init { get; init; }

    /// <summary>Who creates it: while it lives, a record without init is not a wreck.</summary>
    public ProcessId Creator { get; init; }

    public CgroupRecord Cgroup { get; init; } = CgroupRecord.None;

    /// <summary>Absolute, or null; delete removes the temporary file beside it.</summary>
    public string? PidFile { get; init; }

    /// <summary>Without one, init's death leaves the others alive.</summary>
    public bool HasOwnPidNamespace { get; init; }

    /// <summary>Created with --no-new-keyring: exec keeps its caller's too.</summary>
    public bool KeepsKeyring { get; init; }

    public string OciVersion { get; init; } = "";
    public string Bundle { get; init; } = "";
    public string Rootfs { get; init; } = "";

    /// <summary>RFC 3339, UTC, nanoseconds.</summary>
    public string Created { get; init; } = "";

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>What later commands run; the other hooks are create's.</summary>
    public IReadOnlyList<Hook> Poststart { get; init; } = [];
    public IReadOnlyList<Hook> Poststop { get; init; } = [];

    /// <summary>The write-ahead record (R38): enough to clean up after a kill at any later moment.</summary>
    public static ContainerState Begun(CreateOptions options, Spec spec, Plan plan)
    {
        return new ContainerState
        {
            Id = options.Id,
            Creator = ProcessId.Of(Sys.GetPid()),
            Cgroup = CgroupRecord.Of(plan.Cgroup),
            PidFile = options.PidFile,
            HasOwnPidNamespace = (plan.OwnNamespaces & CloneFlags.Pid) != 0,
            KeepsKeyring = options.NoNewKeyring,
            OciVersion = spec.OciVersion,
            Bundle = options.Bundle,
            Rootfs = Tidy(spec.Root.Path.StartsWith('/') ? spec.Root.Path : options.Bundle.TrimEnd('/') + "/" + spec.Root.Path),
            Created = Timestamp(DateTime.UtcNow),
            Annotations = spec.Annotations,
            Poststart = spec.Hooks.Poststart,
            Poststop = spec.Hooks.Poststop,
        };
    }

    // With "..", a link before it may lead elsewhere.
    private static string Tidy(string path) => ContainerPath.HasParentStep(path) ? path : ContainerPath.Clean(path);

    /// <summary>The complete record.</summary>
    public ContainerState WithInit(ProcessId init, CgroupTree? cgroups) => this with
    {
        Init = init,
        Cgroup = cgroups is null ? CgroupRecord.None : Cgroup,
    };

    public static string Timestamp(DateTime utc) => utc.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'", CultureInfo.InvariantCulture);
}
