using System;
using SharpRun.CommandLine;
using SharpRun.Json;
using SharpRun.Layers.Drivers;
using SharpRun.Layers.Unions;
using SharpRun.LayerStore;
using SharpRun.Oci;

namespace SharpRun.Layers.Cli;

static class Create
{
    private static readonly Flag[] s_flags =
    [
        Flag.Text("chain", "CHAINID", "the uppermost layer of the store; those below it follow"),
        Flag.Text("lower", "DIR", "a directory instead, which may be given more than once, the lowest first"),
        Flag.Text("driver", "NAME", "overlay (default), btrfs or vfs: see drivers"),
    ];

    public static Command Command => new("create", "[flags] NAME", "a union of read-only layers and a writable one", s_flags, Act);

    private static int Act(Arguments arguments, Options options)
    {
        var name = UnionName.Checked(arguments.Words[0]);
        var chain = arguments.Text("chain");
        var lower = arguments.Texts("lower").ConvertAll(AbsolutePath.Of);
        if (UnionCheck.UnionIsOfOneKind.Fails(chain is null == (lower.Count == 0)))
        {
            throw new UsageError("create: of what? either --chain or --lower is expected");
        }
        var driver = Driver.Of(KindOf(arguments.Text("driver") ?? "overlay"));
        var paths = new StorePaths(options.Root);
        if (driver.Notice is { } notice)
        {
            Results.Warn(options, $"create {name}: {notice}");
        }
        // Held until the record is written: then the union keeps its layers.
        using var lowers = chain is null ? LowerTrees.OfDirectories(lower) : LowerTrees.Below(paths, ChainIdOf(chain));
        using var union = new UnionFolder(paths).Begin(name);
        try
        {
            driver.Create(union, lowers);
            union.MakeOwnTarget();
            union.WriteRecord(new UnionRecord(driver.Kind, lowers.Chain, lower, DateTimeOffset.UtcNow) { Target = union.OwnTarget, BootId = Boot.Id() });
        }
        catch (Exception)
        {
            UnionFolder.Remove(union);
            throw;
        }
        Results.Write(options, name, json =>
        {
            json.WriteString("name", name);
            union.Record.WriteMembers(json);
        });
        return 0;
    }

    private static DriverKind KindOf(string word)
    {
        var kind = DriverNames.TryParse(word);
        if (UnionCheck.DriverIsOne.Fails(kind is null))
        {
            throw new UsageError(DriverNames.Retired(word) is { } instead
                ? $"create: the driver {word} is not supported: {instead}"
                : $"create: there is no driver \"{word}\" (overlay, btrfs, vfs)");
        }
        return kind.GetValueOrDefault();
    }

    private static Digest ChainIdOf(string text) =>
        UnionCheck.ChainIsADigest.Passes(Digest.TryParse(text, out var chainId) || Digest.TryParse("sha256:" + text, out chainId))
            ? chainId
            : throw new UsageError($"create: --chain \"{JsonPart.Short(text)}\" is no digest (sha256:...)");
}
