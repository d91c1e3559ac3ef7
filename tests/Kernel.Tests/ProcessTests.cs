using System;
using SharpRun.Linux;
using static SharpRun.KernelTests.Text;

namespace SharpRun.KernelTests;

static class ProcessTests
{
    public static readonly Test[] All =
    [
        new("a child's exit status and signal by pidfd", Statuses),
        new("a pidfd becomes ready at the end", PidfdReady),
        new("pidfd_open and kill", OpenAndKill),
        new("clone into namespaces", Namespaces),
        new("clone with CLONE_PARENT makes a sibling", Parent),
        new("clone into a cgroup", IntoCgroup, Native.CLONE_NEWNS),
        new("clone says why not", CloneFails),
        new("unshare, and setns back by file and by pidfd", UnshareAndSetNs),
        new("signals: blocked, read, and all reset", Signals),
        new("execve and its errors", Execute, Native.CLONE_NEWNS),
        new("execveat of a sealed program without a name", ExecuteMemfd),
        new("setsid once", Session),
        new("the loopback comes up", Loopback, Native.CLONE_NEWNET),
    ];

    private static int Child(Action body, out int pidFd, ulong flags = 0)
    {
        var pid = Check.Value(Sys.Clone(flags, out pidFd));
        if (pid == 0)
        {
            body();
            Sys.Exit(0);
        }
        return pid;
    }

    private static WaitStatus Wait(int pidFd)
    {
        Check.Value(Sys.WaitId(pidFd, Native.WEXITED, out var status));
        return status;
    }

    private static void Sleep() => Sys.Nanosleep(60_000_000_000);

    private static void Statuses()
    {
        var pid = Child(() => Sys.Exit(7), out var pidFd);
        Check.Equal(new WaitStatus(pid, Native.CLD_EXITED, 7), Wait(pidFd));
        Check.Fails(Errno.ECHILD, Sys.WaitId(pidFd, Native.WEXITED, out _));
        pid = Child(Sleep, out pidFd);
        Check.Value(Sys.WaitId(pidFd, Native.WEXITED | Native.WNOHANG, out var status));
        Check.Equal(default(WaitStatus), status);
        Check.Ok(Sys.PidfdSendSignal(pidFd, Native.SIGTERM));
        status = Wait(pidFd);
        Check.Equal(new WaitStatus(pid, Native.CLD_KILLED, Native.SIGTERM), status);
        Check.True(status.IsSignal && !status.IsExit);
        Check.Fails(Errno.ESRCH, Sys.PidfdSendSignal(pidFd, 0));
        Child(() => Sys.Exit(1), out pidFd);
        Check.Value(Sys.WaitAny(Native.WEXITED, out status));
        Check.Equal(1, status.Status);
    }

    private static void PidfdReady()
    {
        Check.Ok(Sys.Pipe(out var read, out var write));
        Child(() => Sys.Read(read, new byte[1]), out var pidFd);
        Check.Equal(Native.FD_CLOEXEC, Check.Value(Sys.Fcntl(pidFd, Native.F_GETFD)));
        Span<PollFd> watched = [new PollFd(pidFd, Native.POLLIN)];
        Check.Equal(0, Check.Value(Sys.Poll(watched, 20)));
        Check.Ok(Sys.WriteAll(write, "x"u8));
        Check.Equal(1, Check.Value(Sys.Poll(watched, 10000)));
        Check.True(watched[0].IsReady);
        Check.True(Wait(pidFd).IsExit);
    }

    private static void OpenAndKill()
    {
        var pid = Child(Sleep, out _);
        var pidFd = Check.Value(Sys.PidfdOpen(pid));
        Check.Equal('S', WaitForState(pid, 'S'));
        Check.Ok(Sys.Kill(pid, Native.SIGKILL));
        Check.Equal('Z', WaitForState(pid, 'Z'));
        Check.Equal(Native.SIGKILL, Wait(pidFd).Status);
        Check.Fails(Errno.ESRCH, Sys.Kill(pid, 0));
        Check.Fails(Errno.ESRCH, Sys.PidfdOpen(pid));
        Check.Fails(Errno.EINVAL, Sys.PidfdOpen(-1));
    }

    private static char WaitForState(int pid, char wanted)
    {
        for (var i = 0; i < 5000 && ProcFiles.State(pid) != wanted; i++)
        {
            Sys.Nanosleep(1_000_000);
        }
        return ProcFiles.State(pid);
    }

    private static string Link(string path)
    {
        var target = new byte[128];
        return Of(target.AsSpan(0, Check.Value(Sys.ReadLinkAt(Native.AT_FDCWD, Z(path), target))));
    }

    private static void Namespaces()
    {
        const ulong flags = Native.CLONE_NEWPID | Native.CLONE_NEWUTS | Native.CLONE_NEWIPC | Native.CLONE_NEWNS | Native.CLONE_NEWNET
            | Native.CLONE_NEWCGROUP | Native.CLONE_NEWUSER;
        var (uts, net) = (Link("/proc/self/ns/uts"), Link("/proc/self/ns/net"));
        Child(() => Sys.Exit(Sys.GetPid() == 1 && Link("/proc/self/ns/uts") != uts && Link("/proc/self/ns/net") != net ? 0 : 1), out var pidFd, flags);
        Check.Equal(0, Wait(pidFd).Status);
        // The first process of a pid namespace clones too: /proc counts differently from getpid there.
        Child(() =>
        {
            Child(() => Sys.Exit(Sys.GetPid()), out var inner);
            Sys.Exit(Wait(inner).Status);
        }, out pidFd, Native.CLONE_NEWPID);
        Check.Equal(2, Wait(pidFd).Status);
    }

    private static void Parent()
    {
        Check.Ok(Sys.Pipe(out var read, out var write));
        Child(() =>
        {
            var sibling = Check.Value(Sys.Clone(Native.CLONE_PARENT | Native.CLONE_NEWPID, out _));
            if (sibling == 0)
            {
                Sys.Exit(42);
            }
            Sys.WriteAll(write, BitConverter.GetBytes(sibling));
        }, out var pidFd);
        Check.Equal(0, Wait(pidFd).Status);
        var bytes = new byte[4];
        Check.Equal(4, Check.Value(Sys.Read(read, bytes)));
        var adopted = Check.Value(Sys.PidfdOpen(BitConverter.ToInt32(bytes)));
        Check.Equal(42, Wait(adopted).Status);
    }

    private static void IntoCgroup()
    {
        using var cgroup = new TestCgroup();
        var pid = Check.Value(Sys.Clone(0, out var pidFd, cgroup.Fd));
        if (pid == 0)
        {
            Sys.Exit(Scratch.ReadFile("/proc/self/cgroup").Contains(cgroup.Name, StringComparison.Ordinal) ? 0 : 1);
        }
        Check.Equal(0, Wait(pidFd).Status);
    }

    private static void CloneFails()
    {
        Check.Fails(Errno.EINVAL, Sys.Clone(Native.CLONE_SIGHAND, out var pidFd));
        Check.Equal(-1, pidFd);
        Check.Fails(Errno.EBADF, Sys.Clone(0, out _, 1));
    }

    private static void UnshareAndSetNs()
    {
        var before = Link("/proc/self/ns/uts");
        var own = Check.Value(Sys.Open(Native.AT_FDCWD, "/proc/self/ns/uts"u8, Native.O_RDONLY));
        Check.Equal(Native.CLONE_NEWUTS, Check.Value(Sys.Ioctl(own, Native.NS_GET_NSTYPE)));
        Check.Ok(Sys.Unshare(Native.CLONE_NEWUTS | Native.CLONE_NEWIPC));
        Check.True(Link("/proc/self/ns/uts") != before);
        Check.Ok(Sys.SetNs(own, Native.CLONE_NEWUTS));
        Check.Equal(before, Link("/proc/self/ns/uts"));
        Check.Fails(Errno.EINVAL, Sys.SetNs(own, Native.CLONE_NEWNET));
        Child(Sleep, out var pidFd, Native.CLONE_NEWUTS | Native.CLONE_NEWNET);
        Check.Ok(Sys.SetNs(pidFd, Native.CLONE_NEWUTS | Native.CLONE_NEWNET));
        Check.True(Link("/proc/self/ns/uts") != before);
        Check.Ok(Sys.PidfdSendSignal(pidFd, Native.SIGKILL));
    }

    private static void Signals()
    {
        Check.Equal<nint>(Native.SIG_IGN, Handler(Native.SIGPIPE), "the runtime ignores SIGPIPE");
        Check.Ok(Sys.BlockSignals([Native.SIGUSR1, Native.SIGTERM]));
        Check.Equal(1UL << (Native.SIGUSR1 - 1) | 1UL << (Native.SIGTERM - 1), Sys.BlockedSignals());
        var fd = Check.Value(Sys.SignalFd([Native.SIGUSR1, Native.SIGTERM]));
        var info = new byte[128];
        Check.Fails(Errno.EAGAIN, Sys.Read(fd, info));
        Check.Ok(Sys.Kill(Sys.GetPid(), Native.SIGTERM));
        Check.Equal(128, Check.Value(Sys.Read(fd, info)));
        Check.Equal(Native.SIGTERM, BitConverter.ToInt32(info));
        Check.Ok(Sys.ResetSignals());
        var status = Scratch.ReadFile("/proc/thread-self/status");
        foreach (var set in new[] { "SigBlk", "SigIgn", "SigCgt" })
        {
            Check.Contains($"{set}:\t0000000000000000\n", status);
        }
        Check.Equal<nint>(Native.SIG_DFL, Handler(Native.SIGPIPE), "the handler of SIGPIPE");
        Check.Equal(0UL, Sys.BlockedSignals());
    }

    private static nint Handler(int signal)
    {
        Check.Ok(Sys.GetHandler(signal, out var handler));
        return handler;
    }

    private static void Execute()
    {
        var (status, output) = Command.Run("/bin/sh", ["-c", "echo \"$1 $TMPDIR\"; exit 3", "sh", "word"]);
        Check.Equal(3, status);
        Check.Equal($"word {Scratch.Path}\n", output);
        var nothing = Command.Vector([]);
        Check.Fails(Errno.ENOENT, nothing.Execute("/no/such/program"u8, nothing));
        Check.Fails(Errno.EACCES, nothing.Execute("/etc"u8, nothing));
        Scratch.WriteFile(Scratch.Open(), "text", "no program", 0x1ED);
        Check.Fails(Errno.ENOEXEC, nothing.Execute(Z($"{Scratch.Path}/text"), nothing));
        var small = new StringVector(1, 4);
        Check.True(!small.TryAdd("four"u8) && small.TryAdd("th"u8, "r"u8) && !small.TryAdd(""u8));
    }

    private static unsafe void ExecuteMemfd()
    {
        var self = Check.Value(Sys.Open(Native.AT_FDCWD, "/bin/sh"u8, Native.O_RDONLY));
        Check.Ok(ProcFiles.ReadWhole(self, 1 << 24, out var program));
        var memfd = Check.Value(Sys.MemfdCreate("shell"u8, Native.MFD_CLOEXEC | Native.MFD_ALLOW_SEALING));
        Check.Ok(Sys.WriteAll(memfd, program));
        Check.Value(Sys.Fcntl(memfd, Native.F_ADD_SEALS, Native.F_SEAL_WRITE | Native.F_SEAL_SEAL));
        Child(() =>
        {
            fixed (byte* name = "sh"u8, option = "-c"u8, script = "exit 9"u8)
            {
                var argv = stackalloc byte*[4] { name, option, script, null };
                var envp = stackalloc byte*[1] { null };
                Sys.ExecveAt(memfd, default, argv, envp, Native.AT_EMPTY_PATH);
            }
        }, out var pidFd);
        Check.Equal(9, Wait(pidFd).Status);
    }

    private static void Session()
    {
        Check.Equal(Sys.GetPid(), Check.Value(Sys.SetSid()));
        Check.Fails(Errno.EPERM, Sys.SetSid());
    }

    private static void Loopback()
    {
        Check.Ok(Sys.BringUpLoopback());
        Check.Ok(Sys.BringUpLoopback());
        var fd = Check.Value(Sys.Socket(Native.AF_INET, Native.SOCK_DGRAM, 0));
        var request = new byte[40];
        "lo"u8.CopyTo(request);
        unsafe
        {
            fixed (byte* start = request)
            {
                Check.Value(Sys.Ioctl(fd, Native.SIOCGIFFLAGS, (nint)start));
            }
        }
        const int running = 0x40;
        Check.Equal(Native.IFF_UP | running, request[16] & (Native.IFF_UP | running));
    }
}
