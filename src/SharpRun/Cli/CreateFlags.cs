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
        Flag.Text("console-socket", "PATH", "not built yet"),
        Flag.Text("pidfd-socket", "PATH", "not built yet"),
        Flag.Switch("no-pivot", "not built yet"),
        Flag.Number("preserve-fds", "N", "not built yet for more than 0"),
    ];

    public static CreateOptions Options(Arguments arguments, GlobalOptions globals)
    {
        var id = ContainerId.Checked(arguments.Words[0]);
        RequireBuilt(arguments);
        globals.RequireBuiltCgroupManager();
        return new CreateOptions
        {
            Id = id,
            Bundle = arguments.Text("bundle") is { Length: > 0 } bundle ? AbsolutePath.Of(bundle) : AbsolutePath.WorkingDirectory(),
            StateRoot = globals.StateRootPath,
            ConfigFile = AbsolutePath.OfOptional(arguments.Text("config")),
            PidFile = AbsolutePath.OfOptional(arguments.Text("pid-file")),
            NoNewKeyring = arguments.Is("no-new-keyring"),
            Detach = arguments.Is("detach"),
            Keep = arguments.Is("keep"),
        };
    }

    private static void RequireBuilt(Arguments arguments)
    {
        var missing =
            arguments.Text("console-socket") is { Length: > 0 } ? "console-socket"
            : arguments.Text("pidfd-socket") is { Length: > 0 } ? "pidfd-socket"
            : arguments.Is("no-pivot") ? "no-pivot"
            : arguments.Number("preserve-fds", 0) != 0 ? "preserve-fds"
            : null;
        if (missing is not null)
        {
            throw new UsageError($"--{missing}: not built yet");
        }
    }
}
