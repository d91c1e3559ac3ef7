using System;
using System.Linq;
using System.Text;
using CsCheck;

namespace SharpRun.Fuzz;

/// <summary>Tar archives, changed in up to eight places, most of them with right checksums again: entries or one sentence.</summary>
static class Archives
{
    // Where a header's fields begin, and the old sparse map's.
    private static readonly int[] s_fields = [0, 100, 108, 116, 124, 136, 148, 156, 157, 257, 263, 329, 337, 345, 386, 398, 410, 482, 483, 504, 508];

    private static readonly byte[][] s_values = [.. new[]
    {
        "", "\0", "0", "1", "77777777777", "7777777", "\u0080\0\0\0\u007f\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff", "\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff",
        "\u0080\0\0\0\0\0\0\0\0\u0010\0\0", "5", "x", "g", "L", "K", "S", "2", "3", "7", "00000001000", "00004000000", "ustar  ", "ustar\0", "tar\0", "a/", "../", "//",
        "30 GNU.sparse.map=0,5,1000,5\n", "12 size=-1\n", "23 size=9223372036854775807\n", "12 mtime=-\n", "22 GNU.sparse.major=1\n", "9 path=\n", "1000000\n", "\n",
    }.Select(Encoding.Latin1.GetBytes)];

    public static void Sample(int seconds, string? seed)
    {
        var samples = ArchiveSamples.All;
        var change = Gen.Select(Gen.Int[0, 7], Gen.UInt, Gen.UInt, (kind, place, choice) => (kind, place, choice));
        var inputs = Gen.Select(Gen.Int[0, samples.Length - 1], change.Array[0, 8], Gen.Int[0, 7], (sample, changes, isBroken) =>
        {
            var archive = changes.Aggregate(samples[sample], Change);
            return isBroken == 0 ? archive : ArchiveSamples.Sealed(archive);
        });
        // The reader's buffer, one extended header of the largest size, and what it keeps of it.
        inputs.Sample(input => Watched.Run(input, "tar", 4_000_000 + 100L * input.Length, () => ArchiveReading.Read(input)), time: seconds, seed: seed,
            print: input => Watched.Save(input, "tar"));
        Console.WriteLine($"# {ArchiveReading.Entries} entries, {ArchiveReading.Refusals} refusals, from {samples.Length} archives");
    }

    private static byte[] Change(byte[] archive, (int Kind, uint Place, uint Choice) change)
    {
        var at = (int)(change.Place % (uint)(archive.Length + 1));
        var block = at / 512 * 512;
        var end = Math.Min(block + 512, archive.Length);
        var other = (int)(change.Choice % (uint)(archive.Length + 1)) / 512 * 512;
        switch (change.Kind)
        {
            case 0 when at < archive.Length:
                return [.. archive[..at], (byte)change.Choice, .. archive[(at + 1)..]];
            case 1:
                return archive[..at];
            case 2:
                return [.. archive[..block], .. archive[end..]];
            case 3:
                return [.. archive[..block], .. archive[other..Math.Min(other + 512, archive.Length)], .. archive[block..]];
            case 4:
                return [.. archive[..block], .. new byte[512], .. archive[end..]];
            case 5:
                return [.. archive[..at], (byte)change.Choice, .. archive[at..]];
            default:
                // A field, or a line of a map or of records, gets another value.
                var field = block + (change.Kind == 6 ? s_fields[change.Choice % (uint)s_fields.Length] : 0);
                var value = s_values[change.Choice / 64 % (uint)s_values.Length];
                var changed = archive.ToArray();
                if (field < changed.Length)
                {
                    value.AsSpan(0, Math.Min(value.Length, changed.Length - field)).CopyTo(changed.AsSpan(field));
                }
                return changed;
        }
    }
}
