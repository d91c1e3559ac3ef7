using System.Collections.Generic;
using System.Globalization;
using SharpRun.CommandLine;
using SharpRun.Json;
using SharpRun.Layers.Drivers;
using SharpRun.Layers.Unions;
using SharpRun.LayerStore;
using SharpRun.Oci;

namespace SharpRun.Layers.Cli;

/// <summary>What killed calls of ours have left. Whole layers that nobody needs are sharprun-image's to remove: it knows the images.</summary>
static class CollectGarbage
{
    public static Command Command => new("gc", "[flags]", "remove unions and layers that were begun and left; prints the bytes freed", [], Act) { LeastWords = 0, MostWords = 0 };

    private static int Act(Arguments arguments, Options options)
    {
        var paths = new StorePaths(options.Root);
        var unions = new UnionFolder(paths);
        var bytes = 0L;
        var removed = new List<string>();
        foreach (var name in unions.Names())
        {
            using var union = unions.TryLock(name, isPatient: false);
            if (union is not null && UnionCheck.WholeUnionStays.Passes(!union.HasRecord))
            {
                bytes += UnionFolder.Remove(union);
                removed.Add(name);
            }
            else if (union is not null)
            {
                bytes += Commit.RemoveLeft(union);
            }
        }
        bytes += LayerGarbage.CollectBegun(paths);
        var bases = BtrfsDriver.CollectGarbage(paths, ChainsOf(unions));
        Results.Write(options, bytes.ToString(CultureInfo.InvariantCulture), json =>
        {
            json.WriteNumber("bytesFreed", bytes);
            json.WriteStartArray("unionsRemoved");
            removed.ForEach(json.WriteStringValue);
            json.WriteEndArray();
            json.WriteStartArray("basesRemoved");
            foreach (var chainId in bases)
            {
                json.WriteStringValue(chainId.Text);
            }
            json.WriteEndArray();
        });
        return 0;
    }

    // A base can be made again: so one whose union does not say what it needs is not kept for it.
    private static HashSet<Digest> ChainsOf(UnionFolder unions)
    {
        var chains = new HashSet<Digest>();
        foreach (var name in unions.Names())
        {
            using var union = unions.Look(name);
            try
            {
                chains.UnionWith(union is { HasRecord: true } ? union.Record.Chain : []);
            }
            catch (JsonError)
            {
            }
        }
        return chains;
    }
}
