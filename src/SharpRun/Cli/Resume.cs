using SharpRun.CommandLine;
using SharpRun.State;

namespace SharpRun.Cli;

static class Resume
{
    public static Command Command => new("resume", "ID", "let the processes of a paused container go on", [], Act);

    private static int Act(Arguments arguments, GlobalOptions globals, Log log)
    {
        var id = ContainerId.Checked(arguments.Words[0]);
        using var directory = StateRoot.OpenContainer(globals.StateRootPath, id);
        Pauser.Resume(directory);
        return 0;
    }
}
