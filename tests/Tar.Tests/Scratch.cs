using System;
using System.Diagnostics;
using System.IO;

namespace SharpRun.Tar.Tests;

/// <summary>A directory of the test's own, and programs that work in it.</summary>
sealed class Scratch : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("tar-tests-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public byte[] Run(byte[]? input, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Path,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C";
        start.Environment["TZ"] = "UTC";
        using var process = Process.Start(start)!;
        var output = new MemoryStream();
        var reader = new System.Threading.Thread(() => process.StandardOutput.BaseStream.CopyTo(output));
        reader.Start();
        try
        {
            process.StandardInput.BaseStream.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has said why on its error output.
        }
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        reader.Join();
        return process.ExitCode == 0 ? output.ToArray()
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {errors}");
    }

    public void Dispose()
    {
        // The names of some files are no text for the BCL.
        using var process = Process.Start("rm", ["-rf", Path]);
        process.WaitForExit();
    }
}
