using System.Collections.Generic;
using System.Linq;
using System.Text;
using SharpRun.Oci.Dockerfiles;

namespace SharpRun.Image.Build.Tests;

/// <summary>A tree as text, a line an instruction, for snapshots.</summary>
static class Dump
{
    public static string Of(DockerfileTree tree)
    {
        var text = new StringBuilder($"escape {tree.Escape}\n");
        foreach (var argument in tree.Arguments)
        {
            text.Append(Of(argument)).Append('\n');
        }
        foreach (var stage in tree.Stages)
        {
            text.Append($"{stage.From.Line}: from {stage.From.Image} as {stage.From.StageName ?? "-"} platform {stage.From.Platform ?? "-"}\n");
            foreach (var instruction in stage.Instructions)
            {
                text.Append("  ").Append(Of(instruction)).Append('\n');
            }
        }
        return text.ToString();
    }

    private static string Of(Instruction instruction) => $"{instruction.Line}: {instruction.Keyword} " + instruction switch
    {
        ArgInstruction argument => Of(argument.Pairs),
        EnvInstruction variables => Of(variables.Pairs),
        LabelInstruction labels => Of(labels.Pairs),
        RunInstruction run => Of(run.Command),
        CmdInstruction command => Of(command.Command),
        EntrypointInstruction entrypoint => Of(entrypoint.Command),
        ShellInstruction shell => Of(shell.Words),
        CopyInstruction copy => $"from {copy.From ?? "-"} owner {copy.Owner ?? "-"} mode {copy.Mode ?? "-"} {Of(copy.Sources)} to {copy.Destination}"
            + string.Concat(copy.Heredocs.Select(one => $"\n    {one.Word} {one.Name} {one.Expands}: {Escaped(one.Content)}")),
        WorkdirInstruction workdir => workdir.Path,
        UserInstruction user => user.User,
        ExposeInstruction expose => Of(expose.Ports),
        VolumeInstruction volume => Of(volume.Paths),
        StopSignalInstruction signal => signal.Signal,
        MaintainerInstruction maintainer => maintainer.Name,
        HealthcheckInstruction health => (health.Test is { } test ? Of(test) : "none")
            + $" {health.Interval} {health.Timeout} {health.StartPeriod} {health.Retries}",
        _ => "?",
    };

    private static string Of(IReadOnlyList<RawPair> pairs) => string.Join(" ", pairs.Select(pair => $"({pair.Name})=({pair.Value ?? "null"})"));

    private static string Of(CommandWords command) => (command.IsShell ? "shell " : "exec ") + Of(command.Words);

    private static string Of(IReadOnlyList<string> words) => "[" + string.Join("|", words.Select(Escaped)) + "]";

    private static string Escaped(string text) =>
        text.Replace("\\", "\\\\", System.StringComparison.Ordinal).Replace("\n", "\\n", System.StringComparison.Ordinal);
}
