using System;
using SharpRun.CommandLine;
using SharpRun.Json;
using SharpRun.Layers.Cli;
using SharpRun.Linux;

[assembly: System.Runtime.CompilerServices.InternalsVisibleTo("Layers.Tests")]

namespace SharpRun.Layers;

/// <summary>argv becomes a verb; the one catch; the one place that prints an error.</summary>
static class Program
{
    private const int Failed = 1, WrongArguments = 2;

    private static int Main(string[] argv)
    {
        try
        {
            return Commands.All.Run(argv, $"sharprun-layers version {BuildInfo.Version}\ncommit: {BuildInfo.Commit}\n");
        }
        catch (UsageError error)
        {
            Output.WriteError(error.Message.StartsWith("sharprun-layers: ", StringComparison.Ordinal) ? error.Message + "\n" : $"sharprun-layers: {error.Message}\n");
            return WrongArguments;
        }
        catch (Exception error)
        {
            // What is not one of ours is a bug: its type is the best that can be said in one line.
            var isExpected = error is JsonError or ErrnoException;
            var sentence = isExpected ? error.Message : $"{error.GetType().Name}: {error.Message} (a bug)";
            Output.WriteError($"sharprun-layers: {sentence.ReplaceLineEndings(" ")}\n");
            return Failed;
        }
    }
}
