using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.Json;

namespace SharpRun.Oci.Dockerfiles;

/// <summary>The bytes of a Dockerfile become its stages and instructions, or one sentence that begins with "NAME:LINE: ".</summary>
public static class DockerfileReader
{
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Name is what errors call the file. Throws ImageError.</summary>
    public static DockerfileTree Read(ReadOnlySpan<byte> bytes, string name)
    {
        var lines = new LineReader(Decode(bytes, name));
        List<ArgInstruction> arguments = [];
        List<(FromInstruction From, List<Instruction> Instructions)> stages = [];
        try
        {
            var count = 0;
            while (lines.Next() is { } line)
            {
                if (OciCheck.InstructionsAreFew.Fails(++count > DockerfileLimits.MostInstructions))
                {
                    throw new ImageError($"there are more than {DockerfileLimits.MostInstructions} instructions");
                }
                Place(new InstructionReader(line, lines.Escape).Read(), arguments, stages);
            }
        }
        catch (JsonError error)
        {
            throw new ImageError($"{name}:{lines.Number}: {error.Message}");
        }
        return stages.Count == 0
            ? throw new ImageError($"{name}: there is no FROM in it")
            : new DockerfileTree(arguments, stages.ConvertAll(stage => new Stage(stage.From, stage.Instructions)), lines.Escape);
    }

    private static void Place(Instruction instruction, List<ArgInstruction> arguments, List<(FromInstruction From, List<Instruction> Instructions)> stages)
    {
        if (instruction is FromInstruction from)
        {
            if (from.StageName is { } name && OciCheck.StageNameIsNew.Fails(stages.Exists(stage => stage.From.StageName == name)))
            {
                throw new ImageError($"FROM … AS {name}: there is a stage of this name already");
            }
            stages.Add((from, []));
        }
        else if (stages.Count > 0)
        {
            stages[^1].Instructions.Add(instruction);
        }
        else if (instruction is ArgInstruction argument)
        {
            arguments.Add(argument);
        }
        else
        {
            throw new ImageError($"{instruction.Keyword}: only ARG can stand before the first FROM");
        }
    }

    private static string Decode(ReadOnlySpan<byte> bytes, string name)
    {
        if (OciCheck.DockerfileIsSmall.Fails(bytes.Length > DockerfileLimits.MostBytes))
        {
            throw new ImageError($"read {name}: it is longer than {DockerfileLimits.MostBytes} bytes");
        }
        if (bytes.StartsWith("\uFEFF"u8))
        {
            bytes = bytes[3..];
        }
        var zero = bytes.IndexOf((byte)0);
        if (OciCheck.DockerfileHasNoZero.Fails(zero >= 0))
        {
            throw new ImageError($"{name}:{LineAt(bytes, zero)}: there is a zero byte");
        }
        if (!System.Text.Unicode.Utf8.IsValid(bytes))
        {
            throw new ImageError($"{name}:{FirstBadLine(bytes)}: this is no UTF-8");
        }
        return s_strict.GetString(bytes);
    }

    private static int FirstBadLine(ReadOnlySpan<byte> bytes)
    {
        var line = 1;
        foreach (var range in bytes.Split((byte)'\n'))
        {
            if (!System.Text.Unicode.Utf8.IsValid(bytes[range]))
            {
                return line;
            }
            line++;
        }
        return line;
    }

    private static int LineAt(ReadOnlySpan<byte> bytes, int at) => bytes[..at].Count((byte)'\n') + 1;
}
