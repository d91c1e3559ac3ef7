using System.Collections.Generic;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.Image.Unpack;

/// <summary>A layer's entries, and an error when there are more than the limit.</summary>
static class LayerEntries
{
    public static IEnumerable<TarEntry> Of(TarReader layer, int most)
    {
        var count = 0;
        while (layer.Next() is { } entry)
        {
            if (ImageCheck.EntriesAreFew.Fails(++count > most))
            {
                throw new ImageError($"unpack {TarText.Of(entry.Name)}: a layer of more than {most} entries");
            }
            yield return entry;
        }
    }
}
