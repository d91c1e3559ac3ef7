using System;
using SharpRun.CommandLine;
using SharpRun.Json;
using SharpRun.Oci;

namespace SharpRun.Image.Cli;

/// <summary>What people should know, and what is no error: a line on stderr, nothing with -q.</summary>
static class Warnings
{
    public static Action<string> Of(Options options) =>
        options.IsQuiet ? _ => { }
    : sentence => Output.WriteError($"sharprun-image: warning: {OneLine.Of(sentence)}\n");
}
