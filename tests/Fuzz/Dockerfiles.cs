using System;
using System.Linq;
using System.Text;
using CsCheck;
using SharpRun.Json;
using SharpRun.Oci;
using SharpRun.Oci.Dockerfiles;

namespace SharpRun.Fuzz;

/// <summary>Dockerfiles of words that mean something in one place or another, and .dockerignore: read, their variables put in, their stages chosen; or
/// refused by one sentence that begins with the file's name. Within bounds of memory.</summary>
static class Dockerfiles
{
    private static readonly string[] s_pieces =
    [
        "FROM a\n", "FROM scratch AS b\n", "FROM --platform=$TARGETPLATFORM ${I:-x}\n", "RUN ", "COPY ", "ADD ", "ENV ", "ARG ", "LABEL ",
        "WORKDIR ", "USER ", "CMD ", "ENTRYPOINT ", "EXPOSE ", "VOLUME ", "SHELL ", "STOPSIGNAL ", "HEALTHCHECK ", "ONBUILD ", "MAINTAINER ", "<<E", "<<-'E'",
        "\nE\n", "\n\tE\n", "\\\n",
        "\\", "`", "\n",
        "\r\n", "#", "# escape=`\n", "# syntax=x\n", " ", "\t", "\"", "'", "$", "${", "}", ":-", ":+", ":?", "#", "%", "[", "]", ",", "[\"a\"]", "{", "--from=",
        "--chown=", "--chmod=",
        "--interval=", "--mount=", "--", "=", "A=", "A=$A$A", "$A", "a", "b", "0", "80-90/udp", "65535", "1h2m", "1e9s", "NONE", "CMD x", "*", "**", "**/", "?",
        "[a-", "!", "..", "/",
        "\0", "é", "\uFEFF", "\ud800",
    ];

    public static void Sample(int seconds, string? seed) => Gen.Int[0, s_pieces.Length - 1].Array[0, 60].Select(BytesOf)
        .Sample(bytes => Watched.Run(bytes, "Dockerfile", 8_000_000 + 1000L * bytes.Length, () => Read(bytes)), time: seconds, seed: seed,
            print: bytes => Watched.Save(bytes, "Dockerfile"));

    // A lone surrogate becomes a byte that is no UTF-8.
    private static byte[] BytesOf(int[] choice) => [.. string.Concat(choice.Select(one => s_pieces[one])).Split('\ud800')
        .SelectMany((part, i) => i == 0 ? Encoding.UTF8.GetBytes(part) : [0xFF, .. Encoding.UTF8.GetBytes(part)])];

    private static void Read(byte[] bytes)
    {
        Refusable(() => Build(DockerfileReader.Read(bytes, "D")));
        Refusable(() => _ = IgnoreRules.Read(bytes, "D").Ignores("a/b.c/d"));
    }

    private static void Refusable(Action act)
    {
        try
        {
            act();
        }
        catch (JsonError error) when (error.Message.Length > 0)
        {
            // One sentence; a name in it may have what it likes, the program prints it on one line.
        }
    }

    private static void Build(DockerfileTree tree)
    {
        var given = new System.Collections.Generic.Dictionary<string, string> { ["A"] = "given" };
        var arguments = new BuildArguments(given, Platform.Host, Platform.Host, "default");
        var global = new GlobalScope(tree, arguments);
        foreach (var index in new StagePlan(tree, global, null, "D").Needed)
        {
            var scope = new StageScope(global, arguments, tree.Escape);
            foreach (var instruction in tree.Stages[index].Instructions)
            {
                Apply(scope, instruction);
            }
        }
    }

    private static void Apply(StageScope scope, Instruction instruction)
    {
        switch (instruction)
        {
            case EnvInstruction environment:
                scope.Apply(environment);
                break;
            case ArgInstruction argument:
                scope.Apply(argument);
                break;
            case LabelInstruction labels:
                scope.Labels(labels);
                break;
            case ExposeInstruction expose:
                Ports.Read(expose.Ports.Select(scope.Expand));
                break;
            case CopyInstruction copy:
                copy.Sources.ToList().ForEach(word => scope.Expand(word));
                copy.Heredocs.ToList().ForEach(heredoc => scope.ExpandHeredoc(heredoc));
                break;
            default:
                break;
        }
    }
}
