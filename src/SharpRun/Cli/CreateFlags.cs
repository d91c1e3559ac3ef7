using System.Globalization;
using SharpRun.CommandLine;
using SharpRun.Linux;
using SharpRun.Parent;
using SharpRun.Planning;
using SharpRun.State;

namespace SharpRun.Cli;

/// <summary>What create and run have in common.</summary>
static class CreateFlags
{
    public static Flag[] Flags { get; } =
    [
        Flag.Text("bundle", "DIR", "the bundle (default: the working directory)", 'b'),
        Flag.Text("config", "FILE", "another file than the bundle's config.json", 'f'),
        Flag.Text("pid-file", "FILE", "write the pid of the container's init there"),
        Flag.Switch("no-new-keyring", "keep the caller's session keyring"),
        Flag.Switch("no-subreaper", "accepted, without effect"),
        Flag.Text("console-socket", "PATH", "send the terminal's master to this unix socket"),
        Flag.Text("pidfd-socket", "PATH", "send a pidfd of the container's init to this unix socket"),
        Flag.Switch("no-pivot", "chroot in place of pivot_root, for hosts that run from an initramfs (weaker)"),
        Flag.Number("preserve-fds", "N", "let the container inherit N descriptors, from 3 on"),
    ];

    public static CreateOptions Options(Arguments arguments, GlobalOptions globals)
    {
        var id = ContainerId.Checked(arguments.Words[0]);
        var listen = ListenDescriptors();
        return new CreateOptions
        {
            Id = id,
            Bundle = arguments.Text("bundle") is { Length: > 0 } bundle ? AbsolutePath.Of(bundle) : AbsolutePath.WorkingDirectory(),
            StateRoot = globals.StateRootPath,
            ConfigFile = AbsolutePath.OfOptional(arguments.Text("config")),
            PidFile = AbsolutePath.OfOptional(arguments.Text("pid-file")),
            CgroupManager = globals.CgroupManager,
            NoNewKeyring = arguments.Is("no-new-keyring"),
            NoPivot = arguments.Is("no-pivot"),
            ConsoleSocket = AbsolutePath.OfOptional(arguments.Text("console-socket")),
            PidFdSocket = AbsolutePath.OfOptional(arguments.Text("pidfd-socket")),
            ListenDescriptors = listen,
            ListenNames = listen > 0 ? CallerEnvironment.Variable("LISTEN_FDNAMES") : null,
            PreservedDescriptors = Preserved(arguments, listen),
            HasNotifySocket = NotifySocket.HostAddress is not null,
            Detach = arguments.Is("detach"),
            Keep = arguments.Is("keep"),
        };
    }

    // sd_listen_fds(3): meant for us only when LISTEN_PID says so, otherwise it has come down from somebody else's activation.
    private static int ListenDescriptors() =>
        CallerEnvironment.Variable("LISTEN_PID") == Sys.GetPid().ToString(CultureInfo.InvariantCulture)
        && int.TryParse(CallerEnvironment.Variable("LISTEN_FDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? count
            : 0;

    public static int Preserved(Arguments arguments, int listen)
    {
        var preserve = arguments.Number("preserve-fds", 0);
        if (preserve < 0)
        {
            throw new UsageError($"--preserve-fds: a number from 0 on is expected, found {preserve}");
        }
        // One that is not open might become one of our own, which the container must not have.
        if (Check.PreservedDescriptorsAreOpen.Fails((long)listen + preserve > StandardDescriptors.Inherited))
        {
            throw new UsageError($"--preserve-fds: of the {listen + (long)preserve} descriptors to preserve, {3 + StandardDescriptors.Inherited} is not open");
        }
        return listen + preserve;
    }
}
