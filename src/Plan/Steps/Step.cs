using System.Collections.Generic;

namespace SharpRun.Planning;

/// <summary>One act of the clone child, as data: one thing that the user asked for, in the grain of a sentence.
/// Its verb, in SharpRun/Init, has the same name.</summary>
public abstract record Step
{
    /// <summary>The step as a line of `sharprun plan`: "mount proc at /proc".</summary>
    public abstract string Text { get; }

    /// <summary>What failed, for people: the errno's sentence comes behind it. Detail is what the verb left in the recorder, or "".</summary>
    public virtual string Failure(string detail) => detail.Length == 0 ? Text : $"{Text}: {detail}";

    public sealed override string ToString() => Text;
}

public sealed record ResetSignals : Step
{
    public override string Text => "reset signal dispositions and mask";
}

public sealed record NewSession : Step
{
    public override string Text => "start a new session";
}

/// <summary>
/// v1 and hybrid: the child moves itself into its group of each hierarchy by writing "0" to `tasks`. A single thread that moves itself
/// skips the lock over every fork of the machine (cgroup_threadgroup_rwsem, since 5.17), which made the parent's write to cgroup.procs
/// nearly double the time of a whole start (spec/performance.md). A hierarchy of cgroup2 is entered at the clone (CLONE_INTO_CGROUP).
/// </summary>
public sealed record JoinCgroups(IReadOnlyList<CString> TaskFiles) : Step
{
    public override string Text => $"join {TaskFiles.Count} cgroups";
}

/// <summary>The parent has systemd make the unit and move this process into its group; systemd moves only what is there already.</summary>
public sealed record AwaitCgroup(string Unit) : Step
{
    public override string Text => $"wait until systemd has started {Unit}";
}

/// <summary>Tell the parent that all is made, and wait for its answer: it sets the limits and completes the record.
/// End of file means that the parent is gone, and the child ends too.</summary>
public sealed record TellCreated : Step
{
    public override string Text => "tell the parent that the container is created";
}

/// <summary>A cgroup namespace is made after joining the group, so that "/" in it is the container's own.</summary>
public sealed record UnshareCgroups : Step
{
    public override string Text => "make the cgroup namespace";
}

public sealed record LoopbackUp : Step
{
    public override string Text => "bring up the loopback interface";
}

public sealed record SetHostname(CString Name) : Step
{
    public override string Text => $"set hostname {Name}";
}

public sealed record SetDomainname(CString Name) : Step
{
    public override string Text => $"set domain name {Name}";
}

/// <summary>Everything above the standard descriptors is closed but the start fifo, which stays close-on-exec (CVE-2024-21626), and what
/// the caller wants to be inherited, from 3 on.</summary>
public sealed record CloseDescriptors(int Preserved) : Step
{
    public override string Text => Preserved == 0 ? "close all other descriptors" : $"close all descriptors from {3 + Preserved} on";
}

public sealed record WaitForStart : Step
{
    public override string Text => "wait for start";
}
