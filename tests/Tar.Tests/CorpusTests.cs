using System;
using System.IO;
using SharpRun.Fuzz;
using Xunit;
using static SharpRun.Tar.Tests.Archive;

namespace SharpRun.Tar.Tests;

/// <summary>What `make fuzz` begins with, and what it once has found.</summary>
public sealed class CorpusTests
{
    public static string Root
    {
        get
        {
            var directory = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(directory, "global.json")))
            {
                directory = Path.GetDirectoryName(directory)!;
            }
            return directory;
        }
    }

    [Fact]
    public void The_samples_are_archives() => Assert.All(ArchiveSamples.All, sample => Assert.NotEmpty(Read(sample)));

    [Fact]
    public void Every_input_becomes_entries_or_one_sentence() =>
        Assert.All(Directory.GetFiles(Path.Combine(Root, "tests", "Fuzz", "corpus"), "*.tar"), path => ArchiveReading.Read(File.ReadAllBytes(path)));
}
