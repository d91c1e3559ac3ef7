using SharpRun.CommandLine;
using SharpRun.Layers.Unions;
using SharpRun.LayerStore;

namespace SharpRun.Layers.Cli;

static class Unmount
{
    public static Command Command => new("unmount", "[flags] NAME", "unmount a union; one that is not mounted is done", [], Act) { Alias = "umount" };

    private static int Act(Arguments arguments, Options options)
    {
        using var union = new UnionFolder(new StorePaths(options.Root)).TryLock(UnionName.Checked(arguments.Words[0]));
        union?.Unmount(union.TryReadRecord());
        return 0;
    }
}
