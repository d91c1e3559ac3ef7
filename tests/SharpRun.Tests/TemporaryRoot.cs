using System;
using System.IO;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

namespace SharpRun.Tests;

/// <summary>A directory for one test.</summary>
sealed class TemporaryRoot : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("sharprun-test-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
