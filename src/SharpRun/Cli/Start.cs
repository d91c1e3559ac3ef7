using SharpRun.CommandLine;
using SharpRun.State;

namespace SharpRun.Cli;

static class Start
{
    public static Command Command => new("start", "ID", "run the program of a created container", [], Act);

    private static int Act(Arguments arguments, GlobalOptions globals, Log log)
    {
        var id = ContainerId.Checked(arguments.Words[0]);
        using var directory = StateRoot.OpenContainer(globals.StateRootPath, id);
        Starter.Start(directory, log.Warning);
        return 0;
    }
}
