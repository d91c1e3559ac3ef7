using SharpRun.Cgroups;
using SharpRun.InitStage;
using SharpRun.Linux;
using SharpRun.Planning;
using SharpRun.Sealed;
using SharpRun.State;
using SharpRun.Systemd;

namespace SharpRun.Parent;

/// <summary>A process in the container that has nothing left to do but to execute the program, and waits for the word.</summary>
sealed class JoinedProcess(Plan plan, SharedPage page, Conversation talk, int pidFd)
{
    public int PidFd => pidFd;

    public Plan Plan => plan;

    /// <summary>The recorder, with the time of each step under --debug.</summary>
    public byte[] Times() => page.Bytes.ToArray();

    /// <summary>The master of its terminal, in the foreground; else -1.</summary>
    public int Terminal { get; init; } = -1;

    /// <summary>Comes back when the program was executed: then the conversation's other end, close-on-exec, is closed. Anything else is an error.</summary>
    public void Execute()
    {
        talk.Answer();
        talk.Hear(out _);
        if (Check.ExecSeesFailedExec.Fails(!RecorderFile.Parse(page.Bytes).Executed))
        {
            throw Child.Failure(plan, page, Child.Reap(pidFd));
        }
    }
}

/// <summary>The parent's part of exec: each act with its undo beside it; the child's part is the plan's steps.</summary>
static class Joiner
{
    public static JoinedProcess Join(ExecOptions options, Undo undo, Log log)
    {
        log.Debug($"own program sealed by {OwnProgram.Seal()}");
        var (state, status, spec) = Container(options, log);
        try
        {
            return Join(options, state, spec, undo, log);
        }
        catch (StepError refused) when (status == ContainerStatus.Created && refused.Error == Errno.EPERM && Sys.GetEuid() != 0)
        {
            // setns(2) by pidfd, /proc/PID/ns and the ioctls of pidfds all ask ptrace(2) for its leave.
            throw new StateError(ErrorCode.ContainerNotRunning,
                "cannot exec in a created container as an ordinary user: its init is hidden until start, and only CAP_SYS_PTRACE on the host looks in");
        }
    }

    private static JoinedProcess Join(ExecOptions options, ContainerState state, Spec spec, Undo undo, Log log)
    {
        var host = FactsReader.Read();
        options = options with { Cgroup = ExecCgroups.Of(state.Cgroup, options.Subgroups, host), KeepsKeyring = state.KeepsKeyring };
        var plan = Planner.Exec(spec, host, options, SeccompCompiler.For(log));
        SecurityModules.Require(plan, mountLabel: null);
        var sockets = HandedIn.Connect(HasTerminal(plan), options.Detach, options.ConsoleSocket, options.PidFdSocket);
        var agent = SeccompAgent.Connect(spec);
        var container = OpenInit(state);

        var page = SharedPage.Anonymous(Recorder.SizeFor(plan.Steps.Count));
        var talk = new Conversation();
        // The conversation is to exec what create's fifo is to start.
        var context = Child.Context(plan, talk, page, talk.ChildEnd, sockets.ConsoleOfChild);
        context.Container = container;
        var pid = Clone(plan, context, options, state, log, out var pidFd, out var isOutside);
        undo.Push("KillExecuted", () => Child.Reap(pidFd));
        talk.CloseChildEnd();
        sockets.CloseConsoleOfChild();
        Sys.Close(container);
        if (plan.Again is not null)
        {
            pid = Child.AwaitSecond(plan, talk, page, ref pidFd);
        }
        byte word;
        while ((word = talk.Hear(out _)) == Conversation.Listener)
        {
            agent!.HandOver(talk, state, pid, ContainerStatus.Running);
        }
        if (word != Conversation.Created)
        {
            throw Child.Failure(plan, page, Child.Reap(pidFd));
        }
        if (isOutside)
        {
            SystemdManager.Attach(state.Cgroup, pid);
        }
        Limits.Apply(plan, pid);
        if (options.PidFile is { } pidFile)
        {
            undo.Push("RemovePidFileOfExec", () => PidFile.Remove(pidFile));
            PidFile.Write(pidFile, pid);
        }
        sockets.SendPidFd(pidFd);
        return new JoinedProcess(plan, page, talk, pidFd) { Terminal = sockets.ReceiveTerminal() };
    }

    // Nothing of the state directory is open any more when the child is made.
    private static (ContainerState State, ContainerStatus Status, Spec Spec) Container(ExecOptions options, Log log)
    {
        using var directory = StateRoot.OpenContainer(options.StateRoot, options.Id);
        var state = directory.Read();
        var status = Status.Of(directory, state);
        if (Check.ExecOnlyAlive.Fails(status is ContainerStatus.Stopped or ContainerStatus.Creating))
        {
            throw new StateError(ErrorCode.ContainerNotRunning, status == ContainerStatus.Stopped
                ? "cannot exec in a stopped container"
                : $"cannot exec in a container that process {state.Creator.Pid} is still creating");
        }
        if (Check.ExecNotWhilePaused.Fails(status == ContainerStatus.Paused && !options.IgnorePaused))
        {
            throw new StateError(ErrorCode.ContainerNotRunning, "cannot exec in a paused container (use --ignore-paused to override)");
        }
        return (state, status, SpecReader.Read(directory.ReadConfig(), log.Debug));
    }

    private static int OpenInit(ContainerState state)
    {
        var container = state.Init.OpenPidFd();
        return container >= 0 ? container : throw new StateError(ErrorCode.ContainerNotRunning, "cannot exec: the container has just ended");
    }

    private static bool HasTerminal(Plan plan)
    {
        foreach (var step in plan.Steps)
        {
            if (step is OpenTerminal)
            {
                return true;
            }
        }
        return false;
    }

    private static int Clone(Plan plan, InitContext context, ExecOptions options, ContainerState state, Log log, out int pidFd, out bool isOutside)
    {
        var timed = log.IsDebug;
        pidFd = -1;
        if (plan.InitialCpus is { } cpus)
        {
            Sys.SetCpuAffinity(cpus.Mask).OrThrow($"run on CPUs {cpus} (process.execCPUAffinity.initial)");
        }
        else
        {
            Sys.ResetCpuAffinity();
        }
        var error = ExecCgroups.OpenUnified(options.Cgroup, out var group);
        var pid = error == Errno.OK ? Sys.Clone(0, out pidFd, group) : Result.Failed(error);
        if (!pid.Ok && options.Cgroup is { } cgroup && options.Subgroups.Count == 0)
        {
            // A group with groups below it, and controllers for them, holds no process: init itself has moved on (cgroups(7), "no internal processes").
            var other = ExecCgroups.OpenInits(cgroup, state.Init.Pid);
            if (other.Ok)
            {
                pid = Sys.Clone(0, out pidFd, other.Value);
            }
        }
        // Between the group of an ordinary user's login and its container's is one of root's, which the kernel lets only systemd pass.
        isOutside = pid.Error == Errno.EACCES && state.Cgroup.IsUsersUnit && options.Subgroups.Count == 0;
        if (isOutside)
        {
            pid = Sys.Clone(0, out pidFd, -1);
        }
        if (pid is { Ok: true, Value: 0 })
        {
            Init.Run(plan, context, timed);
        }
        if (group >= 0)
        {
            Sys.Close(group);
        }
        return pid.OrThrow(options.Cgroup is { } asked ? $"clone into cgroup {asked.Directories[^1].FullPath}" : "clone a process for exec");
    }
}
