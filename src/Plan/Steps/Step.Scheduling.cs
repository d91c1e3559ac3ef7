namespace SharpRun.Planning;

/// <summary>While there is CAP_SYS_NICE: sched_setattr(2) of this process, kept through execve.</summary>
public sealed record SetScheduler(Scheduler Scheduler) : Step
{
    public override string Text => $"set scheduler {Scheduler.Name}, nice {Scheduler.Nice}, priority {Scheduler.Priority}";
}

/// <summary>exec: sched_setaffinity(2), once the process is in the container's cgroups. What their cpuset does not have is left out.</summary>
public sealed record SetCpuAffinity(CpuList Cpus) : Step
{
    public override string Text => $"run on CPUs {Cpus}";

    public override string Failure(string detail) => $"{Text} (process.execCPUAffinity.final)";
}

/// <summary>ioprio_set(2).</summary>
public sealed record SetIoPriority(IoPriority Priority) : Step
{
    public override string Text => $"set I/O priority {Priority.Name} {Priority.Priority}";
}

/// <summary>personality(2): LINUX32 makes uname(2) say that the machine has 32 bits.</summary>
public sealed record SetPersonality(string Domain) : Step
{
    public uint Persona { get; } = SchedulingWords.Personalities[Domain];

    public override string Text => $"set personality {Domain}";
}
