using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using SharpRun.Image.Pack;
using SharpRun.Image.Transports;
using SharpRun.Oci;
using SharpRun.Oci.Dockerfiles;

namespace SharpRun.Image.Build;

/// <summary>The image that a stage has made so far, and what the instructions that change no files do to it.</summary>
sealed class StageImage
{
    /// <summary>Docker's, for images that have none.</summary>
    public const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private static readonly string[] s_shell = ["/bin/sh", "-c"];

    private static readonly SearchValues<char> s_signalLetters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-");

    private readonly ImageEdit _edit;
    private bool _hasOwnCmd;

    /// <param name="created">Of what is made before the first layer of this build.</param>
    public StageImage(ImageEdit edit, StageScope scope, string created)
    {
        (_edit, Scope, LastCreated) = (edit, scope, created);
        foreach (var variable in Config.Env ?? [])
        {
            var equals = variable.IndexOf('=', StringComparison.Ordinal);
            scope.SetEnvironment(equals < 0 ? variable : variable[..equals], equals < 0 ? "" : variable[(equals + 1)..]);
        }
    }

    public StageScope Scope { get; }

    /// <summary>Of the last layer: what changes the config alone happens in no time, so that a build from the cache gives the same image.</summary>
    public string LastCreated { get; private set; }

    public ImageEdit Edit => _edit;

    public ContainerConfig Config
    {
        get => _edit.Config.Config;
        private set => _edit.Config = _edit.Config with { Config = value };
    }

    public IReadOnlyList<string> Shell => Config.Shell is { Count: > 0 } shell ? shell : s_shell;

    public string WorkingDirectory => Config.WorkingDir is { Length: > 0 } directory ? directory : "/";

    /// <summary>Null: there is no layer yet.</summary>
    public Digest? Chain => _edit.DiffIds.Count == 0 ? null : ChainId.OfAll(_edit.DiffIds)[^1];

    public void Append(ImageLayer layer, string words, string created)
    {
        LastCreated = created;
        _edit.Append(layer, new History { Created = created, CreatedBy = words, Comment = "sharprun-image" });
    }

    /// <summary>False: the instruction is one that changes files.</summary>
    public bool Apply(Instruction instruction)
    {
        var words = instruction switch
        {
            EnvInstruction environment => Env(environment),
            ArgInstruction argument => HistoryWords.OfArguments(Scope.Apply(argument)),
            LabelInstruction labels => Label(labels),
            UserInstruction user => User(Scope.Expand(user.User)),
            CmdInstruction command => Cmd(command.Command),
            EntrypointInstruction entrypoint => Entrypoint(entrypoint.Command),
            ShellInstruction shell => SetShell(shell.Words),
            ExposeInstruction expose => Expose(expose.Ports),
            VolumeInstruction volume => Volume([.. volume.Paths.Select(Scope.Expand)]),
            StopSignalInstruction signal => StopSignal(Scope.Expand(signal.Signal)),
            HealthcheckInstruction health => Healthcheck(health),
            MaintainerInstruction maintainer => Maintainer(maintainer.Name),
            _ => null,
        };
        if (words is not null)
        {
            AppendEmpty(words);
        }
        return words is not null;
    }

    /// <summary>Docker says nothing about a directory that is there already.</summary>
    public string SetWorkingDirectory(WorkdirInstruction instruction)
    {
        var path = CopyTarget.Of(Scope.Expand(instruction.Path), WorkingDirectory).Path;
        Config = Config with { WorkingDir = path };
        return path;
    }

    /// <summary>Of an image that has no PATH, as docker and buildah give one to what is made from nothing.</summary>
    public void SetDefaultPath()
    {
        Scope.SetEnvironment("PATH", DefaultPath);
        Config = Config with { Env = [$"PATH={DefaultPath}"] };
    }

    public void AppendEmpty(string words) => _edit.Append(new History { Created = LastCreated, CreatedBy = words, Comment = "sharprun-image" });

    /// <summary>The command with the shell in front, if it is one for the shell.</summary>
    public List<string> WithShell(CommandWords command) => command.IsShell ? [.. Shell, .. command.Words] : [.. command.Words];

    private string Env(EnvInstruction instruction)
    {
        var variables = Scope.Apply(instruction);
        Config = Config with { Env = [.. Scope.Environment.Select(variable => $"{variable.Name}={variable.Value}")] };
        return HistoryWords.OfPairs("ENV", variables);
    }

    private string Label(LabelInstruction instruction)
    {
        var labels = new Dictionary<string, string>(Config.Labels ?? new Dictionary<string, string>());
        var added = Scope.Labels(instruction);
        added.ForEach(label => labels[label.Name] = label.Value);
        Config = Config with { Labels = labels };
        return HistoryWords.OfPairs("LABEL", added);
    }

    private string User(string user)
    {
        Config = Config with { User = user.Length > 0 ? user : throw new ImageError("USER: the name is empty") };
        return $"USER {user}";
    }

    private string Cmd(CommandWords command)
    {
        var words = WithShell(command);
        Config = Config with { Cmd = words };
        _hasOwnCmd = true;
        return HistoryWords.OfList("CMD", words);
    }

    // Another entrypoint makes the CMD of the base meaningless.
    private string Entrypoint(CommandWords command)
    {
        var words = WithShell(command);
        Config = Config with { Entrypoint = words, Cmd = _hasOwnCmd ? Config.Cmd : null };
        return HistoryWords.OfList("ENTRYPOINT", words);
    }

    private string SetShell(IReadOnlyList<string> words)
    {
        Config = Config with { Shell = words };
        return $"SHELL [{string.Join(' ', words)}]";
    }

    private string Expose(IReadOnlyList<string> words)
    {
        // A variable may hold several.
        var ports = Ports.Read(words.SelectMany(word => Scope.Expand(word).Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Config = Config with { ExposedPorts = [.. (Config.ExposedPorts ?? []).Union(ports).Order(StringComparer.Ordinal)] };
        return $"EXPOSE [{string.Join(' ', ports)}]";
    }

    private string Volume(List<string> paths)
    {
        if (paths.Exists(string.IsNullOrWhiteSpace))
        {
            throw new ImageError("VOLUME: a path is empty");
        }
        Config = Config with { Volumes = [.. (Config.Volumes ?? []).Union(paths).Order(StringComparer.Ordinal)] };
        return $"VOLUME [{string.Join(' ', paths)}]";
    }

    private string StopSignal(string signal)
    {
        var isGood = signal.Length > 0 && signal.AsSpan().IndexOfAnyExcept(s_signalLetters) < 0;
        Config = Config with { StopSignal = isGood ? signal : throw new ImageError($"STOPSIGNAL {signal}: a signal's name or number is expected") };
        return $"STOPSIGNAL {signal}";
    }

    private string Maintainer(string name)
    {
        _edit.Config = _edit.Config with { Author = name };
        return $"MAINTAINER {name}";
    }

    private string Healthcheck(HealthcheckInstruction health)
    {
        using var stream = new System.IO.MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteStartArray("Test");
            json.WriteStringValue(health.Test is null ? "NONE" : health.Test.IsShell ? "CMD-SHELL" : "CMD");
            foreach (var word in health.Test?.Words ?? [])
            {
                json.WriteStringValue(word);
            }
            json.WriteEndArray();
            WriteNumber(json, "Interval", health.Interval);
            WriteNumber(json, "Timeout", health.Timeout);
            WriteNumber(json, "StartPeriod", health.StartPeriod);
            WriteNumber(json, "StartInterval", health.StartInterval);
            WriteNumber(json, "Retries", health.Retries);
            json.WriteEndObject();
        }
        using var document = JsonDocument.Parse(stream.ToArray());
        Config = Config with { Healthcheck = document.RootElement.Clone() };
        return health.Text;
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, long value)
    {
        if (value != 0)
        {
            json.WriteNumber(name, value);
        }
    }
}
