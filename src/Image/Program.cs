using System;
using SharpRun.CommandLine;
using SharpRun.Image.Cli;
using SharpRun.Json;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;

[assembly: System.Runtime.CompilerServices.InternalsVisibleTo("Image.Tests")]
[assembly: System.Runtime.CompilerServices.InternalsVisibleTo("fuzz")]
[assembly: System.Runtime.CompilerServices.InternalsVisibleTo("Build.Tests")]

namespace SharpRun.Image;

/// <summary>argv becomes a verb; the one catch; the one place that prints an error.</summary>
static class Program
{
    private const int Failed = 1, WrongArguments = 2;

    private static int Main(string[] argv)
    {
        try
        {
            return Commands.All.Run(argv, $"sharprun-image version {BuildInfo.Version}\ncommit: {BuildInfo.Commit}\n");
        }
        catch (UsageError error)
        {
            Output.WriteError(error.Message.StartsWith("sharprun-image: ", StringComparison.Ordinal) ? error.Message + "\n" : $"sharprun-image: {error.Message}\n");
            return WrongArguments;
        }
        catch (Exception error)
        {
            // What is not one of ours is a bug: its type is the best that can be said in one line.
            var isExpected = error is JsonError or TarError or ErrnoException;
            var sentence = isExpected ? error.Message : $"{error.GetType().Name}: {error.Message} (a bug)";
            Output.WriteError($"sharprun-image: {sentence.ReplaceLineEndings(" ")}\n");
            return Failed;
        }
    }
}
