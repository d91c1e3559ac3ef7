using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace SharpRun.Planning.Tests;

/// <summary>A small valid config.json, and edits of it by JSON path: `Bundle.With("process.user.uid", "1000")`.</summary>
static partial class Bundle
{
    public const string Minimal = """
        {
          "ociVersion": "1.2.0",
          "process": { "args": ["true"], "cwd": "/", "user": {} },
          "root": { "path": "rootfs" },
          "mounts": [{ "destination": "/tmp", "type": "tmpfs" }],
          "linux": {
            "namespaces": [{ "type": "mount" }, { "type": "uts" }],
            "resources": { "memory": {}, "cpu": {}, "blockIO": {}, "network": {}, "pids": {} }
          },
          "hooks": {},
          "annotations": {}
        }
        """;

    public static Spec Read(string json, Action<string>? warn = null) => SpecReader.Read(Encoding.UTF8.GetBytes(json), warn);

    public static SpecError Fails(string json) => Assert.Throws<SpecError>(() => Read(json));

    public static Spec ReadWith(string path, string value) => Read(With(path, value));

    /// <summary>The minimal bundle with one value set (or, when it is null, taken out).</summary>
    public static string With(string path, string? value) => Edit(Minimal, path, value);

    /// <summary>Edits may be given one after the other; the last segment of the path may be new.</summary>
    public static string Edit(string json, string path, string? value)
    {
        var root = JsonNode.Parse(json)!;
        var node = root;
        var segments = Segment().Matches(path);
        for (var i = 0; i < segments.Count - 1; i++)
        {
            node = Child(node, segments[i].Value) ?? throw new ArgumentException($"{path}: no {segments[i].Value}");
        }
        var last = segments[^1].Value;
        if (value is null)
        {
            node.AsObject().Remove(last);
        }
        else if (last[0] == '[')
        {
            node[int.Parse(last[1..^1], null)] = JsonNode.Parse(value);
        }
        else
        {
            node[last] = JsonNode.Parse(value);
        }
        return root.ToJsonString();
    }

    private static JsonNode? Child(JsonNode node, string segment) =>
        segment[0] == '[' ? node[int.Parse(segment[1..^1], null)] : node[segment];

    [GeneratedRegex(@"[^.\[\]]+|\[\d+\]")]
    private static partial Regex Segment();
}
