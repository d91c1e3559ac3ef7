using System.Collections.Generic;
using SharpRun.CommandLine;
using SharpRun.Image.Store;
using SharpRun.Json;
using SharpRun.Oci;

namespace SharpRun.Image.Cli;

/// <summary>Takes names from the store. The blobs stay until gc: others may need them.</summary>
static class Remove
{
    public static Command Command =>
        new("remove", "[flags] IMAGE...", "take names from the store (gc then frees the space)", [], Act) { LeastWords = 1, MostWords = int.MaxValue };

    private static int Act(Arguments arguments, Options options)
    {
        var images = arguments.Words.ConvertAll(Words.Image);
        using var store = ImageStore.TryOpen(options);
        List<string> removed = [];
        store?.Update(index =>
        {
            removed.Clear();
            images.ForEach(image => RemoveFrom(index, image, removed));
            return removed.Count > 0;
        });
        if (store is null)
        {
            throw new ImageError($"remove {images[0]}: there is no store yet");
        }
        if (options.IsJson)
        {
            JsonOutput.Write(json =>
            {
                json.WriteStartArray();
                removed.ForEach(json.WriteStringValue);
                json.WriteEndArray();
            });
        }
        else
        {
            Output.Write(Lines(removed));
        }
        return 0;
    }

    /// <summary>Another tool may have put more than a line into a name.</summary>
    internal static string Lines(List<string> removed) => string.Join('\n', removed.ConvertAll(OneLine.Of)) + "\n";

    // All or none: an error leaves index.json as it was.
    private static void RemoveFrom(LayoutIndex index, ImageName image, List<string> removed)
    {
        var found = index.Entries.FindAll(entry => entry.Descriptor is not null && image switch
        {
            ImageName.Bare bare => entry.Name == bare.Reference.ToString(),
            ImageName.Content content => entry.Descriptor.Digest == content.Digest,
            _ => throw new UsageError($"remove: \"{image}\" is no image of the store"),
        });
        if (found.Count == 0)
        {
            throw new ImageError($"remove {image}: the store has no {(image is ImageName.Bare bare ? bare.Reference : image)}");
        }
        foreach (var entry in found)
        {
            index.Entries.Remove(entry);
            removed.Add(entry.Name ?? entry.Descriptor!.Digest.Text);
        }
    }
}
