using System;
using SharpRun.Cgroups;
using SharpRun.InitStage;
using SharpRun.Linux;
using SharpRun.Planning;
using SharpRun.Sealed;
using SharpRun.State;
using SharpRun.Systemd;

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
        var config = BundleFile.Read(options);
        var spec = SpecReader.Read(config, log.Warning);
        var facts = FactsReader.Read();
        using var systemd = SystemdManager.ConnectFor(options.CgroupManager, ref facts);
        var plan = Planner.Create(spec, facts, options, SeccompCompiler.For(log));
        RequireRootfs(options, spec);
        SecurityModules.Require(plan, spec.Linux.MountLabel);
        var namespaces = NamespaceFiles.Open(plan, spec);
        var sockets = HandedIn.Connect(spec.Process is { Terminal: true }, options.Detach, options.ConsoleSocket, options.PidFdSocket);
        Warn(plan, log);
        var agent = SeccompAgent.Connect(spec);

        var root = StateRoot.OpenOrCreate(options.StateRoot);
        log.Debug($"own program sealed by {OwnProgram.Seal()}");
        using var undo = new Undo(log.Warning);
        var state = ContainerState.Begun(options, spec, plan);
        var directory = root.Claim(options.Id);
        var hasBegun = false;
        undo.Push("RunPoststopHooks", () => RuntimeHooks.RunPoststop(state, log.Warning, hasBegun));
        undo.Push("RemoveStateDirectory", () => directory.Remove());
        directory.Write(state);
        if (options.HasNotifySocket)
        {
            NotifySocket.MakeDirectory(directory);
        }
        var cgroups = plan.Cgroup is { } wanted ? CgroupTree.Create(wanted, undo) : null;

        var page = NewRecorder(directory, plan);
        var fifo = directory.MakeStartFifo();
        var talk = new Conversation();
        var context = Child.Context(plan, talk, page, fifo, sockets.ConsoleOfChild);
        context.Bus = systemd?.Fd ?? -1;
        context.Namespaces = namespaces;
        context.Hooks = PreparedHook.ForInit(plan.Hooks, state, context.Environment);
        var pid = Clone(plan, context, cgroups, log, out var pidFd);
        hasBegun = true;
        undo.Push("KillInit", () => Child.Reap(pidFd));
        talk.CloseChildEnd();
        Sys.Close(fifo);
        sockets.CloseConsoleOfChild();
        pid = Settle(plan, talk, page, pid, ref pidFd, cgroups, systemd);

        state = state.WithInit(ProcessId.Of(pid), cgroups);
        directory.WriteConfig(config);
        Accompany(plan, state, talk, page, pidFd, agent, () =>
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
        if (error != Errno.OK)
        {
            throw new BundleError($"rootfs \"{path}\"", error);
        }
        if (Check.RootfsIsDirectory.Fails(!status.IsDirectory))
        {
            throw new SpecError("root.path", $"\"{path}\" is not a directory");
        }
    }

    private static SharedPage NewRecorder(ContainerDirectory directory, Plan plan)
    {
        var size = Recorder.SizeFor(plan.Steps.Count);
        var file = Sys.Open(directory.Fd, "recorder"u8, Native.O_RDWR | Native.O_CREAT | Native.O_EXCL | Native.O_NOFOLLOW, 0x180 /* 0600 */).OrThrow("make the recorder");
        // Written, not only sized: a page that a full file system cannot give when it is touched is a SIGBUS.
        Sys.WriteAll(file, new byte[size]).OrThrow("size the recorder");
        var page = SharedPage.Map(file, size);
        Sys.Close(file);
        return page;
    }

    private static int Clone(Plan plan, InitContext context, CgroupTree? cgroups, Log log, out int pidFd)
    {
        var timed = log.IsDebug;
        Sys.ResetCpuAffinity();
        var pid = Sys.Clone((ulong)plan.CloneFlags, out pidFd, cgroups?.DirectoryFd ?? -1).OrThrow("clone the container's init");
        if (pid == 0)
        {
            Init.Run(plan, context, timed);
        }
        return pid;
    }

    // What the child waits for before its steps begin: its systemd unit, the second process that is to be init, its id maps. Gives init's pid.
    private static int Settle(Plan plan, Conversation talk, SharedPage page, int pid, ref int pidFd, CgroupTree? cgroups, SystemdManager? systemd)
    {
        if (systemd is not null)
        {
            cgroups!.StartUnit(systemd, pid);
            talk.Answer();
        }
        if (plan.Again is not null)
        {
            pid = Child.AwaitSecond(plan, talk, page, ref pidFd);
        }
        MapIds(plan, talk, page, pid, pidFd);
        return pid;
    }

    // With the oom score, which an ordinary user may set only until its child hides.
    private static void MapIds(Plan plan, Conversation talk, SharedPage page, int pid, int pidFd)
    {
        if (plan.IdMaps is not { } maps)
        {
            return;
        }
        try
        {
            IdMapFiles.Write(maps, pid);
            Limits.Apply(plan, pid);
        }
        catch (ErrnoException) when (RecorderFile.Parse(page.Bytes).Failed)
        {
            // The child has failed before: that is the reason.
            throw Child.Failure(plan, page, Child.Reap(pidFd));
        }
        talk.Answer();
    }

    private static void Warn(Plan plan, Log log)
    {
        foreach (var warning in plan.Cgroup?.Warnings ?? [])
        {
            log.Warning(warning);
        }
        // runc's words: some managers show them to their users.
        if (plan.Cgroup is null && (plan.OwnNamespaces & CloneFlags.Pid) == 0)
        {
            log.Warning("Creating a container with no cgroup and no private pid namespace. Such configuration is strongly discouraged "
                + "(as it is impossible to properly kill all container's processes)");
        }
    }

    /// <summary>Waits until the child has made everything, completes the record, lets it go on; a child that ends earlier is the error.</summary>
    private static void Accompany(Plan plan, ContainerState state, Conversation talk, SharedPage page, int pidFd, SeccompAgent? agent,
        Action complete)
    {
        var idMaps = new MountIdMaps(state.Init.Pid);
        byte word;
        while (Serves(word = talk.Hear(out var step)))
        {
            switch (word)
            {
                case Conversation.Listener:
                    agent!.HandOver(talk, state, state.Init.Pid, ContainerStatus.Creating);
                    break;
                case Conversation.Source:
                    talk.Give(UnreachablePath.Open(state.Init.Pid, plan.Steps[step]));
                    break;
                case Conversation.IdMap:
                    idMaps.Apply(talk, (BindMount)plan.Steps[step]);
                    break;
                default:
                    RuntimeHooks.RunBeforePivot(plan.Hooks, state);
                    talk.Answer();
                    break;
            }
        }
        if (word == Conversation.Created)
        {
            if (plan.IdMaps is null)
            {
                Limits.Apply(plan, state.Init.Pid);
            }
            complete();
            if (talk.Answer())
            {
                return;
            }
        }
        throw Child.Failure(plan, page, Child.Reap(pidFd));
    }

    private static bool Serves(byte word) => word is Conversation.HooksPlease or Conversation.Source or Conversation.IdMap or Conversation.Listener;
}
