using SharpRun.CommandLine;
using SharpRun.State;

namespace SharpRun.Cli;

static class Kill
{
    private static Flag[] Flags => [Flag.Switch("all", "a container that has ended is no error", 'a')];

    public static Command Command => new("kill", "[flags] ID [SIGNAL]", "send a signal (default SIGTERM) to the container's init", Flags, Act)
    {
        MostWords = 2,
    };

    private static int Act(Arguments arguments, GlobalOptions globals, Log log)
    {
        var id = ContainerId.Checked(arguments.Words[0]);
        var signal = SignalNames.Parse(arguments.Words.Count > 1 ? arguments.Words[1] : "SIGTERM");
        using var directory = StateRoot.OpenContainer(globals.StateRootPath, id);
        Killer.Signal(directory.Read(), signal, arguments.Is("all"));
        return 0;
    }
}
