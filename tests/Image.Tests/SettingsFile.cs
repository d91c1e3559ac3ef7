using System;
using System.IO;

namespace SharpRun.Image.Tests;

/// <summary>A directory with one file of settings in it.</summary>
sealed class SettingsFile : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("registry-");

    public SettingsFile(string? content = null)
    {
        if (content is not null)
        {
            File.WriteAllText(Path, content);
        }
    }

    public string Path => System.IO.Path.Combine(_directory.FullName, "settings");

    public string Folder => _directory.FullName;

    public void Dispose() => _directory.Delete(recursive: true);
}
