using SharpRun.CommandLine;
using SharpRun.State;

namespace SharpRun.Cli;

static class Pause
{
    public static Command Command => new("pause", "ID", "let all processes of a container stand still", [], Act);

    private static int Act(Arguments arguments, GlobalOptions globals, Log log)
    {
        var id = ContainerId.Checked(arguments.Words[0]);
        using var directory = StateRoot.OpenContainer(globals.StateRootPath, id);
        Pauser.Pause(directory);
        return 0;
    }
}
