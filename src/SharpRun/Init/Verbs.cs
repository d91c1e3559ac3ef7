using System;
using SharpRun.Linux;
using SharpRun.Parent;
using SharpRun.Planning;

namespace SharpRun.InitStage;

/// <summary>The code that does a step; each verb has its step's name. Answers OK, or the errno and a detail in the recorder.</summary>
static partial class Verbs
{
    public static Errno Do(InitContext context, Step step) => step switch
    {
        ResetSignals _ => Sys.ResetSignals(),
        NewSession _ => Sys.SetSid().Error,
        JoinCgroups join => JoinCgroups(context, join),
        AwaitCgroup _ => AwaitAnswer(context),
        HideMemory _ => Sys.Prctl(Native.PR_SET_DUMPABLE, 0).Error,
        JoinNamespace join => Sys.SetNs(context.Namespaces[join.Slot], (int)join.Type.Flag()),
        CompareIdMaps compare => CompareIdMaps(context, compare),
        CloneAgain again => CloneAgain(context, again),
        AwaitIdMaps _ => AwaitAnswer(context),
        NewTimeNamespace time => NewTimeNamespace(context, time),
        BecomeRoot _ => BecomeRoot(context),
        UnshareIpc _ => Sys.Unshare(Native.CLONE_NEWIPC),
        TellCreated _ => TellCreated(context),
        TellPrepared _ => TellCreated(context),
        CloseHostsDescriptors close => CloseHostsDescriptors(context, close.Preserved),
        JoinContainer join => JoinContainer(context, join),
        JoinKeyring keyring => JoinKeyring(keyring),
        AskForHooks _ => AskForHooks(context),
        RunHook hook => RunHook(context, hook),
        UnshareCgroups _ => Sys.Unshare(Native.CLONE_NEWCGROUP),
        LoopbackUp _ => Sys.BringUpLoopback(),
        SetHostname hostname => Sys.SetHostName(hostname.Name.Text),
        SetDomainname domainname => Sys.SetDomainName(domainname.Name.Text),
        SetRootPropagation root => Sys.Mount(default, "/"u8, default, root.Flags, default),
        BindRootfs bind => BindRootfs(context, bind),
        MountFilesystem mount => MountFilesystem(context, mount),
        BindMount bind => BindMount(context, bind),
        MountCgroups mount => MountCgroups(context, mount),
        MakeMountReadonly mount => MakeMountReadonly(context, mount),
        SetApparmorProfile set => SetApparmorProfile(context, set),
        SetSelinuxLabel set => SetSelinuxLabel(context, set),
        BindDevice device => BindDevice(context, device),
        MakeDevice device => MakeDevice(context, device),
        LinkDevice link => LinkDevice(context, link),
        LinkPtmx _ => LinkPtmx(context),
        MakeWorkingDirectory make => MakeWorkingDirectory(context, make),
        PivotRoot pivot => PivotRoot(context, pivot),
        MoveRoot _ => MoveRoot(context),
        IsolateRootfs isolate => IsolateRootfs(isolate),
        PropagateRootfs propagate => PropagateRootfs(context, propagate),
        Remount remount => Remount(context, remount),
        SetSysctl sysctl => SetSysctl(context, sysctl),
        OpenTerminal open => OpenTerminal(context, open),
        BindConsole _ => BindConsole(context),
        SendTerminal _ => SendTerminal(context),
        RootReadonly _ => RootReadonly(context),
        ReadonlyPath path => ReadonlyPath(context, path),
        MaskPath path => MaskPath(context, path),
        NewKeyring keyring => NewKeyring(keyring),
        ChangeDirectory change => ChangeDirectory(context, change),
        OwnStreams own => OwnStreams(own),
        FindHome find => FindHome(context, find),
        SetRlimits set => SetRlimits(context, set.Limits, isLast: false),
        SetMemoryRlimits set => SetRlimits(context, set.Limits, isLast: true),
        SetScheduler set => SetScheduler(set),
        SetCpuAffinity set => Sys.SetCpuAffinity(set.Cpus.Mask),
        SetIoPriority set => Sys.SetIoPriority(set.Priority.Class, set.Priority.Priority),
        SetPersonality set => Sys.SetPersonality(set.Persona),
        DropBoundingSet drop => DropBoundingSet(drop),
        SetUser user => SetUser(context, user),
        SetCapabilities set => SetCapabilities(context, set.Sets),
        NoNewPrivileges _ => Sys.Prctl(Native.PR_SET_NO_NEW_PRIVS, 1).Error,
        FindExecutable find => FindExecutable(context, find),
        CloseDescriptors close => CloseDescriptors(context, close.Preserved),
        WaitForStart _ => WaitForStart(context),
        LoadSeccomp load => LoadSeccomp(context, load),
        Exec exec => Exec(context, exec),
        _ => context.Refuse("this step has no verb"u8),
    };

    private static Errno JoinCgroups(InitContext context, JoinCgroups join)
    {
        foreach (var file in join.TaskFiles)
        {
            var opened = Sys.Open(Native.AT_FDCWD, file, Native.O_WRONLY);
            var error = opened.Ok ? Sys.WriteAll(opened.Value, "0"u8) : opened.Error;
            if (error != Errno.OK)
            {
                return context.Failed(file, error);
            }
            Sys.Close(opened.Value);
        }
        return Errno.OK;
    }

    private static Errno TellCreated(InitContext context)
    {
        context.Recorder.Phase(InitPhase.Created);
        return Ask(context, Conversation.Created);
    }

    // One byte each way. The parent's end is closed in this process, so a parent that died gives end of file, and we end with it.
    private static Errno Ask(InitContext context, byte word)
    {
        Span<byte> message = [word];
        var sent = Sys.Send(context.Sync, message, Native.MSG_NOSIGNAL);
        return sent.Ok ? AwaitAnswer(context) : sent.Error;
    }

    private static Errno AwaitAnswer(InitContext context)
    {
        Span<byte> message = stackalloc byte[1];
        var answer = Sys.Recv(context.Sync, message, 0);
        return answer.Ok && answer.Value == 1 ? Errno.OK : answer.Ok ? Errno.EPIPE : answer.Error;
    }

    // What is preserved stands from 3 on, where the caller has put it; the parent has seen that all of it is there.
    private static Errno CloseDescriptors(InitContext context, int preserved)
    {
        var keep = 3 + preserved;
        // Where the program's RLIMIT_NOFILE, which holds already, is lower than that, the fifo stays where it is.
        if (context.StartFifo != keep && Sys.Dup(context.StartFifo, keep).Ok)
        {
            context.StartFifo = keep;
        }
        for (var fd = 3; fd < keep; fd++)
        {
            var inherited = Sys.Fcntl(fd, Native.F_SETFD, 0);
            if (!inherited.Ok)
            {
                return inherited.Error;
            }
        }
        return CloseAllBut([context.StartFifo], keep);
    }

    /// <summary>Closes what stands from this number on; kept is put in order.</summary>
    private static Errno CloseAllBut(Span<int> kept, int from)
    {
        kept.Sort();
        foreach (var fd in kept)
        {
            if (fd > from)
            {
                var error = Sys.CloseRange((uint)from, (uint)fd - 1, 0);
                if (error != Errno.OK)
                {
                    return error;
                }
            }
            from = Math.Max(from, fd + 1);
        }
        return Sys.CloseRange((uint)from, uint.MaxValue, 0);
    }

    private static Errno WaitForStart(InitContext context)
    {
        Span<byte> message = stackalloc byte[1];
        var read = Sys.Read(context.StartFifo, message);
        return read.Ok ? Errno.OK : context.Failed("read the start fifo"u8, read.Error);
    }

    private static Errno Exec(InitContext context, Exec exec)
    {
        var path = context.Executable ?? exec.Args[0];
        context.Recorder.Phase(InitPhase.Executing);
        return context.Failed(path, context.Arguments.Execute(path, context.Environment));
    }
}
