using System;
using System.IO;
using System.Threading;
using SharpRun.Tar;

namespace SharpRun.Fuzz;

/// <summary>One archive read to its end, as unpacking does.</summary>
static class ArchiveReading
{
    private static long s_entries, s_refusals;

    public static long Entries => s_entries;

    public static long Refusals => s_refusals;

    /// <summary>Any exception but TarError, a sentence of more than one line, or an entry that is none, is a bug and thrown.</summary>
    public static void Read(byte[] archive)
    {
        try
        {
            var reader = new TarReader(new MemoryStream(archive), TarLimits.Default);
            var buffer = new byte[1000];
            var stored = 0L;
            for (var count = 0; reader.Next() is { } entry; count++)
            {
                Interlocked.Increment(ref s_entries);
                RequireSound(entry);
                var end = 0L;
                // Every third is skipped.
                while (count % 3 != 2 && reader.ReadData(buffer, out var offset) is var got and > 0)
                {
                    Require(offset >= end && offset + got <= entry.Size, "a piece that is out of its place");
                    end = offset + got;
                    stored += got;
                }
                Require(count * 512L < archive.Length && stored <= archive.Length, "more than there was");
            }
        }
        catch (TarError error)
        {
            Interlocked.Increment(ref s_refusals);
            Require(error.Message.Length < 1000 && !error.Message.AsSpan().ContainsAnyInRange('\0', '\u001f'), $"not one line: {error.Message}");
        }
    }

    private static void RequireSound(TarEntry entry)
    {
        var isLink = entry.Kind is TarKind.HardLink or TarKind.Symlink;
        Require(entry.Name.Length is > 0 and <= TarLimits.MaxPathBytes && !entry.Name.AsSpan().Contains((byte)0), "a name that is none");
        Require(isLink == entry.LinkName.Length > 0 && entry.LinkName.Length <= TarLimits.MaxPathBytes && !entry.LinkName.AsSpan().Contains((byte)0),
            "a link name that is none");
        Require(entry.Size >= 0 && (entry.Size == 0 || entry.Kind == TarKind.File), "a size that is none");
        Require(entry.Uid >= 0 && entry.Gid >= 0 && entry.ModifiedAt.Nanoseconds is >= 0 and < 1_000_000_000, "a number that is none");
    }

    private static void Require(bool holds, string problem)
    {
        if (!holds)
        {
            throw new InvalidOperationException(problem);
        }
    }
}
