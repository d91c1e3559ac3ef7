using System;
using System.Diagnostics;
using System.IO;

namespace SharpRun.Image.Tests;

/// <summary>A directory for one test.</summary>
sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("sharprun-image-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    // Not by Directory.Delete, which cannot remove names that are not UTF-8.
    public void Dispose()
    {
        using var remove = Process.Start("rm", ["-rf", Path]);
        remove.WaitForExit();
    }
}
