using System;
using SharpRun.Cgroups;
using SharpRun.InitStage;
using SharpRun.Linux;
using SharpRun.Planning;
using SharpRun.Sealed;
using SharpRun.State;

namespace SharpRun.Parent;

/// <summary>A container whose init waits for start. The descriptors live as long as the command.</summary>
sealed record CreatedContainer(ContainerDirectory Directory, ContainerState State, Plan Plan, int PidFd, byte[] Times)
{
    /// <summary>The master of the container's terminal, in a foreground run; else -1.</summary>
    public int Terminal { get; init; } = -1;
}

/// <summary>The parent's part of create: each act with its undo beside it; the child's part is the plan's steps.</summary>
static class Creator
{
    /// <summary>Creates the container. On return it is complete on disk; on any error nothing of it is left.</summary>
    public static CreatedContainer Create(CreateOptions options, Log log)
    {
        var spec = SpecReader.Read(BundleFile.Read(options), log.Warning);
        var plan = Planner.Create(spec, FactsReader.Read(), options);
        RequireRootfs(options, spec);
        var sockets = HandedIn.Connect(spec, options);

        var root = StateRoot.OpenOrCreate(options.StateRoot);
        log.Debug($"own program sealed by {OwnProgram.Seal()}");
        using var undo = new Undo(log.Warning);
        var directory = root.Claim(options.Id);
        undo.Push("RemoveStateDirectory", directory.Remove);
        var state = ContainerState.Begun(options, spec, plan);
        directory.Write(state);
        if (options.HasNotifySocket)
        {
            NotifySocket.MakeDirectory(directory);
        }
        var cgroups = plan.Cgroup is { } wanted ? CgroupTree.Create(wanted, undo) : null;

        var page = NewRecorder(directory, plan);
        var fifo = directory.MakeStartFifo();
        var talk = new Conversation();
        var context = Context(plan, talk, page, fifo, sockets.ConsoleOfChild);
        var pid = Clone(plan, context, cgroups, log, out var pidFd);
        undo.Push("KillInit", () => Reap(pidFd));
        talk.CloseChildEnd();
        Sys.Close(fifo);
        sockets.CloseConsoleOfChild();

        state = state.WithInit(pid, ProcFiles.StartTime(pid), cgroups);
        Accompany(plan, talk, page, pidFd, cgroups, pid, () =>
        {
            directory.Write(state);
            if (options.PidFile is { } pidFile)
            {
                undo.Push("RemovePidFile", () => PidFile.Remove(pidFile));
                PidFile.Write(pidFile, pid);
            }
            sockets.SendPidFd(pidFd);
        });
        var terminal = sockets.ReceiveTerminal();
        undo.Forget();
        return new CreatedContainer(directory, state, plan, pidFd, page.Bytes.ToArray()) { Terminal = terminal };
    }

    // Everything that can be seen to be wrong is found before anything is changed.
    private static void RequireRootfs(CreateOptions options, Spec spec)
    {
        var path = spec.Root.Path.StartsWith('/') ? spec.Root.Path : options.Bundle.TrimEnd('/') + "/" + spec.Root.Path;
        var error = Sys.Stat(Native.AT_FDCWD, new CString(path), 0, out var status);
        error.OrThrow($"rootfs \"{path}\"");
        if (Check.RootfsIsDirectory.Fails(!status.IsDirectory))
        {
            throw new SpecError("root.path", $"\"{path}\" is not a directory");
        }
    }

    private static SharedPage NewRecorder(ContainerDirectory directory, Plan plan)
    {
        var size = Recorder.SizeFor(plan.Steps.Count);
        var file = Sys.Open(directory.Fd, "recorder"u8, Native.O_RDWR | Native.O_CREAT | Native.O_EXCL | Native.O_NOFOLLOW, 0x180 /* 0600 */).OrThrow("make the recorder");
        Sys.Ftruncate(file, size).OrThrow("size the recorder");
        var page = SharedPage.Map(file, size);
        Sys.Close(file);
        return page;
    }

    private static InitContext Context(Plan plan, Conversation talk, SharedPage page, int fifo, int consoleSocket)
    {
        var recorder = new Recorder(page);
        recorder.Start(plan.Steps.Count);
        var exec = (Exec)plan.Steps[^1];
        return new InitContext
        {
            Recorder = recorder,
            Sync = talk.ChildEnd,
            ParentSync = talk.ParentEnd,
            StartFifo = fifo,
            ConsoleSocket = consoleSocket,
            HasMountSetAttr = plan.HasMountSetAttr,
            Arguments = Vector(exec.Args, 0),
            // One more string: HOME, which the child looks up in the container.
            Environment = Vector(exec.Env, PasswdFile.HomeRoom + 8),
        };
    }

    private static StringVector Vector(System.Collections.Generic.IReadOnlyList<CString> texts, int spare)
    {
        var room = spare;
        foreach (var text in texts)
        {
            room += text.Bytes.Length;
        }
        var vector = new StringVector(texts.Count + 1, room);
        foreach (var text in texts)
        {
            vector.TryAdd(text.Text);
        }
        return vector;
    }

    private static int Clone(Plan plan, InitContext context, CgroupTree? cgroups, Log log, out int pidFd)
    {
        var timed = log.IsDebug;
        var pid = Sys.Clone((ulong)plan.CloneFlags, out pidFd, cgroups?.DirectoryFd ?? -1).OrThrow("clone the container's init");
        if (pid == 0)
        {
            Init.Run(plan, context, timed);
        }
        return pid;
    }

    /// <summary>Waits until the child has made everything, completes the record, lets it go on; a child that ends earlier is the error.</summary>
    private static void Accompany(Plan plan, Conversation talk, SharedPage page, int pidFd, CgroupTree? cgroups, int pid, Action complete)
    {
        if (talk.IsCreated())
        {
            Limits.Apply(plan, pid);
            complete();
            if (talk.Answer())
            {
                return;
            }
        }
        var status = Reap(pidFd);
        var outcome = RecorderFile.Parse(page.Bytes);
        throw outcome.Failed
            ? RecorderFile.Describe(outcome, plan)
            : RecorderFile.DescribeDeath(outcome, plan, Death(status, cgroups));
    }

    private static string Death(WaitStatus status, CgroupTree? cgroups) =>
        cgroups?.OomKills() is > 0 and var kills
            ? $"was OOM-killed (memory limit too low?) ({kills} oom kill)"
            : status.IsSignal ? $"was killed by signal {status.Status}" : $"ended with status {status.Status}";

    private static WaitStatus Reap(int pidFd)
    {
        Sys.PidfdSendSignal(pidFd, Native.SIGKILL);
        Sys.WaitId(pidFd, Native.WEXITED, out var status);
        return status;
    }
}
