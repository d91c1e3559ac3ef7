using System;
using SharpRun.Cni;
using SharpRun.CommandLine;
using SharpRun.Json;
using SharpRun.Linux;
using SharpRun.Net.Cli;
using SharpRun.Net.Plugin;

[assembly: System.Runtime.CompilerServices.InternalsVisibleTo("Net.Tests")]
[assembly: System.Runtime.CompilerServices.InternalsVisibleTo("fuzz")]

namespace SharpRun.Net;

/// <summary>A CNI plugin when it is called as one (by its name, or with CNI_COMMAND); else argv becomes a verb. The one catch of the verbs.</summary>
static class Program
{
    private const int Failed = 1, WrongArguments = 2;

    private static int Main(string[] argv)
    {
        try
        {
            return CniPlugin.IsCalled() ? CniPlugin.Run() : Commands.All.Run(argv, $"sharprun-net version {BuildInfo.Version}\ncommit: {BuildInfo.Commit}\n");
        }
        catch (UsageError error)
        {
            Output.WriteError(error.Message.StartsWith("sharprun-net: ", StringComparison.Ordinal) ? error.Message + "\n" : $"sharprun-net: {error.Message}\n");
            return WrongArguments;
        }
        catch (Exception error)
        {
            // What is not one of ours is a bug: its type is the best that can be said in one line.
            var isExpected = error is NetError or CniError or JsonError or ErrnoException;
            var sentence = isExpected ? error.Message : $"{error.GetType().Name}: {error.Message} (a bug)";
            Output.WriteError($"sharprun-net: {sentence.ReplaceLineEndings(" ")}\n");
            return Failed;
        }
    }
}
