using System.Collections.Generic;
using System.Text.Json;
using SharpRun.Json;

namespace SharpRun.Oci;

/// <summary>How an image wants to be run: "config" of its config. Null: not said, which is not the same as an empty list.</summary>
public sealed record ContainerConfig
{
    private static readonly string[] s_known =
    [
        "User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "Labels", "StopSignal", nameof(Healthcheck), "Shell", "OnBuild",
    ];

    /// <summary>"user", "uid", "user:group", …; resolved in the image's own /etc/passwd.</summary>
    public string? User { get; init; }

    /// <summary>"80/tcp", "53/udp", "80".</summary>
    public IReadOnlyList<string>? ExposedPorts { get; init; }

    /// <summary>"NAME=VALUE".</summary>
    public IReadOnlyList<string>? Env { get; init; }

    public IReadOnlyList<string>? Entrypoint { get; init; }

    public IReadOnlyList<string>? Cmd { get; init; }

    /// <summary>Paths in the container.</summary>
    public IReadOnlyList<string>? Volumes { get; init; }

    public string? WorkingDir { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public string? StopSignal { get; init; }

    /// <summary>docker's; only passed on.</summary>
    public JsonElement? Healthcheck { get; init; }

    /// <summary>docker's: what runs the instructions of a build that are no lists.</summary>
    public IReadOnlyList<string>? Shell { get; init; }

    public IReadOnlyList<string>? OnBuild { get; init; }

    public Members Unknown { get; init; } = Members.None;

    internal static ContainerConfig Parse(JsonPart part)
    {
        var fields = new Fields(part, s_known);
        var healthcheck = fields.Find(nameof(Healthcheck));
        healthcheck?.RequireUnambiguous();
        return new ContainerConfig
        {
            User = fields.Text("User"),
            ExposedPorts = fields.Find("ExposedPorts")?.Set(),
            Env = fields.Texts("Env"),
            Entrypoint = fields.Texts("Entrypoint"),
            Cmd = fields.Texts("Cmd"),
            Volumes = fields.Find("Volumes")?.Set(),
            WorkingDir = fields.Text("WorkingDir"),
            Labels = fields.Map("Labels"),
            StopSignal = fields.Text("StopSignal"),
            Healthcheck = healthcheck?.Element,
            Shell = fields.Texts("Shell"),
            OnBuild = fields.Texts("OnBuild"),
            Unknown = fields.Unknown,
        };
    }

    internal void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteOptional("User", User);
        json.WriteSet("ExposedPorts", ExposedPorts);
        json.WriteTexts("Env", Env);
        json.WriteTexts("Entrypoint", Entrypoint);
        json.WriteTexts("Cmd", Cmd);
        json.WriteSet("Volumes", Volumes);
        json.WriteOptional("WorkingDir", WorkingDir);
        json.WriteMap("Labels", Labels);
        json.WriteOptional("StopSignal", StopSignal);
        if (Healthcheck is { } healthcheck)
        {
            json.WritePropertyName(nameof(Healthcheck));
            healthcheck.WriteTo(json);
        }
        json.WriteTexts("Shell", Shell);
        json.WriteTexts("OnBuild", OnBuild);
        Unknown.WriteTo(json);
        json.WriteEndObject();
    }
}
