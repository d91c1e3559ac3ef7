using System.Linq;
using System.Text;
using SharpRun.CommandLine;
using SharpRun.Json;
using SharpRun.Layers.Unions;
using SharpRun.LayerStore;
using SharpRun.Linux;

namespace SharpRun.Layers.Cli;

static class Mount
{
    private static readonly Flag[] s_flags = [Flag.Switch("print", "the entry for \"mounts\" of config.json instead; TARGET is in the container then")];

    public static Command Command =>
        new("mount", "[flags] NAME [TARGET]", "mount a union, by default on its own directory; prints where", s_flags, Act) { MostWords = 2 };

    private static int Act(Arguments arguments, Options options)
    {
        var name = UnionName.Checked(arguments.Words[0]);
        var wanted = arguments.Words.Count > 1 ? arguments.Words[1] : null;
        var unions = new UnionFolder(new StorePaths(options.Root));
        if (arguments.Is("print"))
        {
            var destination = UnionCheck.TargetInContainerIsAbsolute.Passes(wanted is { Length: > 1 } && wanted[0] == '/')
                ? wanted!
                : throw new UsageError("mount --print: where in the container? an absolute TARGET is expected (for all of its root, mount the union and say --rootfs)");
            using var printed = unions.Open(name);
            MountEntryText.Write(printed, destination);
            return 0;
        }
        using var union = unions.Open(name);
        var target = Attach(union, AbsolutePath.OfOptional(wanted));
        Results.Write(options, target, json =>
        {
            json.WriteString("name", name);
            json.WriteString("target", target);
        });
        return 0;
    }

    private static string Attach(Union union, string? wanted)
    {
        var mounts = union.Mounts(union.Record);
        if (UnionCheck.IsNotMountedYet.Fails(wanted is null && mounts.Count > 0))
        {
            return mounts[^1].Point;
        }
        wanted ??= union.OwnTarget;
        if (wanted == union.OwnTarget)
        {
            union.MakeOwnTarget();
        }
        var target = Sys.Open(Native.AT_FDCWD, ZeroTerminated.Of(wanted), Native.O_PATH | Native.O_DIRECTORY).OrThrow($"mount {union.Name}: open {wanted}");
        try
        {
            // The mount table says paths without links.
            var path = PathOf(target);
            if (UnionCheck.TargetIsFree.Fails(mounts.Any(mount => mount.Point == path)))
            {
                return wanted;
            }
            if (UnionCheck.UnionIsMountedOnce.Fails(mounts.Count > 0))
            {
                throw new JsonError($"mount {union.Name} on {wanted}: it is mounted on {mounts[^1].Point} (unmount it first)");
            }
            Remember(union, wanted);
            using var lowers = LowerTrees.Of(union.Paths, union.Record);
            union.Driver.Mount(union, lowers, target);
            return wanted;
        }
        finally
        {
            Sys.Close(target);
        }
    }

    // Once a boot, as long as the target is the same.
    private static void Remember(Union union, string target)
    {
        var record = union.Record with { Target = target, BootId = Boot.Id() };
        if (UnionCheck.RecordHasTheTarget.Fails((record.Target, record.BootId) != (union.Record.Target, union.Record.BootId)))
        {
            union.WriteRecord(record);
        }
    }

    private static string PathOf(int descriptor)
    {
        var path = new byte[4096];
        var length = Sys.ReadLinkAt(Native.AT_FDCWD, ZeroTerminated.Of($"/proc/self/fd/{descriptor}"), path).OrThrow("find the path of the target");
        return Encoding.UTF8.GetString(path, 0, length);
    }
}
