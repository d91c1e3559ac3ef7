using System;
using System.Collections.Generic;
using System.Text.Json;
using SharpRun.CommandLine;
using SharpRun.Json;
using SharpRun.Oci;
using SharpRun.Oci.Dockerfiles;

namespace SharpRun.Image.Pack;

/// <summary>Changes of an image's config by flags, with the names of docker's and umoci's.</summary>
static class ConfigFlags
{
    public static Flag[] Flags { get; } =
    [
        Flag.Text("entrypoint", "WORD", "config: the program; repeated: its arguments; or a JSON array"),
        Flag.Text("cmd", "WORD", "config: the default arguments, in the same way"),
        Flag.Text("env", "K=V", "config: an environment variable (may be repeated)", 'e'),
        Flag.Text("workdir", "DIR", "config: the working directory", 'w'),
        Flag.Text("user", "USER[:GROUP]", "config: the user", 'u'),
        Flag.Text("label", "K=V", "config: a label (may be repeated)", 'l'),
        Flag.Text("expose", "PORT[/PROTO]", "config: a port that is listened at (may be repeated)"),
        Flag.Text("volume", "DIR", "config: a directory with its own life (may be repeated)"),
        Flag.Text("stop-signal", "SIGNAL", "config: the signal that ends it"),
    ];

    /// <summary>Whether one of them was given.</summary>
    public static bool AreIn(Arguments arguments) => Array.Exists(Flags, flag => arguments.Text(flag.Name) is not null);

    public static ContainerConfig Apply(ContainerConfig config, Arguments arguments) => config with
    {
        Entrypoint = Words(arguments, "entrypoint") ?? config.Entrypoint,
        Cmd = Words(arguments, "cmd") ?? config.Cmd,
        Env = Variables(config.Env, arguments.Texts("env")),
        WorkingDir = arguments.Text("workdir") is { } directory ? Absolute("workdir", directory) : config.WorkingDir,
        User = arguments.Text("user") ?? config.User,
        Labels = Labels(config.Labels, arguments.Texts("label")),
        ExposedPorts = With(config.ExposedPorts, PortsOf(arguments.Texts("expose"))),
        Volumes = With(config.Volumes, arguments.Texts("volume").ConvertAll(text => Absolute("volume", text))),
        StopSignal = arguments.Text("stop-signal") ?? config.StopSignal,
    };

    // Null: not given. One that is empty takes the words away.
    private static List<string>? Words(Arguments arguments, string flag)
    {
        var texts = arguments.Texts(flag);
        if (texts.Count != 1)
        {
            return texts.Count == 0 ? null : texts;
        }
        if (!texts[0].StartsWith('['))
        {
            return texts[0].Length == 0 ? [] : texts;
        }
        try
        {
            using var document = JsonDocument.Parse(texts[0]);
            var words = new List<string>();
            foreach (var word in document.RootElement.EnumerateArray())
            {
                words.Add(word.GetString() ?? throw new InvalidOperationException());
            }
            return words;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new UsageError($"invalid value \"{texts[0]}\" for --{flag}: a JSON array of strings is expected");
        }
    }

    private static IReadOnlyList<string>? Variables(IReadOnlyList<string>? old, List<string> given)
    {
        if (given.Count == 0)
        {
            return old;
        }
        var variables = new List<string>(old ?? []);
        foreach (var variable in given)
        {
            var name = variable[..(Equals("env", variable) + 1)];
            var at = variables.FindIndex(one => one.StartsWith(name, StringComparison.Ordinal));
            if (at >= 0)
            {
                variables[at] = variable;
            }
            else
            {
                variables.Add(variable);
            }
        }
        return variables;
    }

    private static IReadOnlyDictionary<string, string>? Labels(IReadOnlyDictionary<string, string>? old, List<string> given)
    {
        if (given.Count == 0)
        {
            return old;
        }
        var labels = new OrderedDictionary<string, string>(old ?? new Dictionary<string, string>(), StringComparer.Ordinal);
        foreach (var label in given)
        {
            var at = Equals("label", label);
            labels[label[..at]] = label[(at + 1)..];
        }
        return labels;
    }

    private static int Equals(string flag, string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        return at > 0 ? at : throw new UsageError($"invalid value \"{text}\" for --{flag}: NAME=VALUE is expected");
    }

    private static IReadOnlyList<string>? With(IReadOnlyList<string>? old, List<string> given)
    {
        if (given.Count == 0)
        {
            return old;
        }
        var all = new List<string>(old ?? []);
        all.AddRange(given.FindAll(one => !all.Contains(one)));
        return all;
    }

    private static List<string> PortsOf(List<string> words)
    {
        try
        {
            return Ports.Read(words);
        }
        catch (JsonError error)
        {
            throw new UsageError($"invalid value for --expose: {error.Message}");
        }
    }

    private static string Absolute(string flag, string path) =>
        path.StartsWith('/') ? path : throw new UsageError($"invalid value \"{path}\" for --{flag}: an absolute path is expected");
}
