using SharpRun.CommandLine;
using SharpRun.State;

namespace SharpRun.Cli;

static class Delete
{
    private static Flag[] Flags => [Flag.Switch("force", "kill it first; a missing container is no error", 'f')];

    public static Command Command => new("delete", "[flags] ID", "remove everything that is left of a container", Flags, Act)
    {
        WarnsOnStandardError = true, // of a poststop hook that failed: nothing else would tell
    };

    private static int Act(Arguments arguments, GlobalOptions globals, Log log)
    {
        var id = ContainerId.Checked(arguments.Words[0]);
        var force = arguments.Is("force");
        using var directory = StateRoot.FindContainer(globals.StateRootPath, id);
        if (directory is null && !force)
        {
            throw StateError.NotFound;
        }
        if (directory is not null)
        {
            Deleter.Delete(directory, force, log.Warning);
        }
        return 0;
    }
}
