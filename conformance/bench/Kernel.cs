using System.Runtime.InteropServices;

namespace SharpRun.Bench;

/// <summary>
/// What System.Diagnostics.Process cannot do: start by vfork, wait in the calling thread, read the child's
/// CPU time, and wait for the containers that a runtime leaves to its caller.
/// </summary>
static partial class Kernel
{
    const int PR_SET_CHILD_SUBREAPER = 36;
    const int POSIX_SPAWN_SETSIGDEF = 4;
    const int POSIX_SPAWN_SETSIGMASK = 8;
    const int SIGKILL = 9;
    const int WNOHANG = 1;
    const short POLLIN = 1;
    const int EINTR = 4;

    // More than glibc's posix_spawn_file_actions_t, posix_spawnattr_t and sigset_t take (80, 336, 128 bytes).
    const int Opaque = 512;

    static readonly nint s_actions = Marshal.AllocHGlobal(Opaque);
    static readonly nint s_attributes = Marshal.AllocHGlobal(Opaque);

    [StructLayout(LayoutKind.Sequential)]
    struct PollFd
    {
        public int Fd;
        public short Events;
        public short Returned;
    }

    /// <summary>Decides what each child gets: the descriptors, no ignored or blocked signal.</summary>
    public static void PrepareSpawn(int stdin, int stdout, int stderr)
    {
        nint signals = Marshal.AllocHGlobal(Opaque);
        Check(posix_spawn_file_actions_init(s_actions));
        Check(posix_spawn_file_actions_adddup2(s_actions, stdin, 0));
        Check(posix_spawn_file_actions_adddup2(s_actions, stdout, 1));
        Check(posix_spawn_file_actions_adddup2(s_actions, stderr, 2));
        Check(posix_spawnattr_init(s_attributes));
        // .NET ignores SIGPIPE, and a child would inherit that.
        Check(sigfillset(signals));
        Check(posix_spawnattr_setsigdefault(s_attributes, signals));
        Check(sigemptyset(signals));
        Check(posix_spawnattr_setsigmask(s_attributes, signals));
        Check(posix_spawnattr_setflags(s_attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
        Marshal.FreeHGlobal(signals);
    }

    /// <summary>Containers whose runtime has ended become our children, as with containerd's shim.</summary>
    public static void AdoptOrphans() => Check(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));

    public static int Spawn(string path, nint[] arguments, nint[] environment)
    {
        int error = posix_spawn(out int pid, path, s_actions, s_attributes, arguments, environment);
        return error == 0 ? pid : throw new BenchError($"cannot start {path}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    /// <summary>Returns the wait status and the CPU time in microseconds, or null after the time-out.</summary>
    public static (int Status, long Cpu)? Wait(int pid, int milliseconds)
    {
        int pidfd = pidfd_open(pid, 0);
        if (pidfd < 0)
        {
            throw new BenchError($"pidfd_open: {Marshal.GetLastPInvokeErrorMessage()}");
        }
        PollFd entry = new() { Fd = pidfd, Events = POLLIN };
        int ready;
        do
        {
            ready = poll(ref entry, 1, milliseconds);
        }
        while (ready < 0 && Marshal.GetLastPInvokeError() == EINTR);
        if (ready == 0)
        {
            Kill(pid);
        }
        // struct rusage: two struct timeval (seconds, microseconds), then 14 more numbers.
        long[] usage = new long[18];
        int status;
        while (wait4(pid, out status, 0, usage) != pid)
        {
            if (Marshal.GetLastPInvokeError() != EINTR)
            {
                throw new BenchError($"wait4: {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }
        _ = close(pidfd);
        return ready == 0 ? null : (status, ((usage[0] + usage[2]) * 1_000_000) + usage[1] + usage[3]);
    }

    /// <summary>Reaps one adopted process that has ended and returns its pid; 0 or less when there is none.</summary>
    public static int ReapOrphan() => wait4(-1, out _, WNOHANG, new long[18]);

    public static void SeekToStart(int fd) => _ = lseek(fd, 0, 0);

    public static void Kill(int pid) => _ = kill(pid, SIGKILL);

    static void Check(int result)
    {
        if (result != 0)
        {
            throw new BenchError($"posix_spawn or prctl could not be prepared ({result})");
        }
    }

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(nint actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(nint actions, int from, int to);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(nint attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigdefault(nint attributes, nint signals);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigmask(nint attributes, nint signals);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(nint attributes, short flags);

    [LibraryImport("libc")]
    private static partial int sigfillset(nint signals);

    [LibraryImport("libc")]
    private static partial int sigemptyset(nint signals);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn(
        out int pid, string path, nint actions, nint attributes, nint[] arguments, nint[] environment);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pidfd_open(int pid, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(ref PollFd entries, nuint count, int milliseconds);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int wait4(int pid, out int status, int options, [Out] long[] usage);

    [LibraryImport("libc")]
    private static partial int prctl(int option, nint a, nint b, nint c, nint d);

    [LibraryImport("libc")]
    private static partial long lseek(int fd, long offset, int whence);

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc")]
    private static partial int close(int fd);
}
