using SharpRun.CommandLine;
using SharpRun.State;

namespace SharpRun.Cli;

static class State
{
    public static Command Command => new("state", "ID", "print the state of a container as JSON", [], Act);

    private static int Act(Arguments arguments, GlobalOptions globals, Log log)
    {
        var id = ContainerId.Checked(arguments.Words[0]);
        using var directory = StateRoot.OpenContainer(globals.StateRootPath, id);
        var state = directory.Read();
        Output.Write(StateOutput.Json(state, Status.Of(directory, state)));
        return 0;
    }
}
