using SharpRun.CommandLine;
using SharpRun.Parent;
using SharpRun.Planning;
using SharpRun.State;

namespace SharpRun.Cli;

static class Run
{
    private static Flag[] Flags =>
    [
        .. CreateFlags.Flags,
        Flag.Switch("detach", "return when the program runs", 'd'),
        Flag.Switch("keep", "do not delete the container at its end"),
    ];

    public static Command Command => new("run", "[flags] ID", "create and start a container, wait for its end, delete it", Flags, Act)
    {
        ErrorPrefix = "sharprun run failed: ",
        WarnsOnStandardError = true,
    };

    private static int Act(Arguments arguments, GlobalOptions globals, Log log)
    {
        var options = CreateFlags.Options(arguments, globals);
        if (!options.Detach)
        {
            return Foreground.Run(options, log);
        }
        Detached(options, log);
        return 0;
    }

    private static void Detached(CreateOptions options, Log log)
    {
        var container = Creator.Create(options, log);
        try
        {
            var notify = NotifySocket.Listen(container.Directory);
            Starter.Start(container.Directory, container.State, container.PidFd);
            notify?.WaitUntilReady(container.State.Init.Pid, container.PidFd);
        }
        catch
        {
            Remover.Remove(container.Directory, container.State, log.Warning);
            if (options.PidFile is { } pidFile)
            {
                PidFile.Remove(pidFile);
            }
            throw;
        }
        log.Times(container.Plan, () => container.Times);
    }
}
