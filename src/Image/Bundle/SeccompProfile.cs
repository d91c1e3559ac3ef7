using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using SharpRun.Json;
using SharpRun.Oci;

namespace SharpRun.Image.Bundle;

/// <summary>A profile in docker's form: linux.seccomp of config.json, with rules that hold only for some architectures, capabilities or kernels.
/// One without such rules is linux.seccomp itself. Whether its words are right is said by the runtime.</summary>
sealed class SeccompProfile
{
    /// <summary>Bytes of a profile.</summary>
    public const int MaxLength = 1 << 20;

    private static readonly string[] s_known =
    [
        "defaultAction", "defaultErrnoRet", "archMap", "architectures", "flags", "listenerPath", "listenerMetadata", "syscalls",
    ];

    private static readonly string[] s_knownRule = ["names", "name", "action", "errnoRet", "args", "comment", "includes", "excludes"];
    private static readonly string[] s_knownCondition = ["caps", "arches", "minKernel"];
    private static readonly string[] s_knownArchitecture = ["architecture", "subArchitectures"];

    private readonly Fields _fields;

    private SeccompProfile(Fields fields) => _fields = fields;

    /// <summary>What names the file, for errors.</summary>
    public static SeccompProfile Parse(ReadOnlySpan<byte> json, string what)
    {
        var part = JsonPart.Read(json, MaxLength, what);
        var fields = new Fields(part, s_known);
        fields.Require("defaultAction").Text();
        return fields.Has("archMap") && fields.Has("architectures")
            ? throw part.Problem("both \"archMap\" and \"architectures\" say the architectures")
            : new SeccompProfile(fields);
    }

    public void WriteTo(Utf8JsonWriter json, HostFacts host, IReadOnlyList<string> capabilities)
    {
        json.WriteStartObject("seccomp");
        foreach (var name in (ReadOnlySpan<string>)["defaultAction", "defaultErrnoRet", "flags", "listenerPath", "listenerMetadata"])
        {
            Copy(json, name, _fields);
        }
        json.WriteStartArray("architectures");
        foreach (var architecture in Architectures(host))
        {
            json.WriteStringValue(architecture);
        }
        json.WriteEndArray();
        json.WriteStartArray("syscalls");
        foreach (var part in _fields.Find("syscalls")?.Items() ?? [])
        {
            var rule = new Fields(part, s_knownRule);
            if (Holds(rule, host, capabilities))
            {
                WriteRule(json, rule, part);
            }
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private IReadOnlyList<string> Architectures(HostFacts host)
    {
        if (_fields.Texts("architectures") is { } given)
        {
            return given;
        }
        foreach (var part in _fields.Find("archMap")?.Items() ?? [])
        {
            var entry = new Fields(part, s_knownArchitecture);
            if (entry.Require("architecture").Text() == host.SeccompArchitecture)
            {
                return [host.SeccompArchitecture, .. entry.Texts("subArchitectures") ?? []];
            }
        }
        return [];
    }

    private static void WriteRule(Utf8JsonWriter json, Fields rule, JsonPart part)
    {
        var names = rule.Texts("names") ?? [];
        names = rule.Text("name") is { } one ? [.. names, one] : names;
        if (names.Count == 0)
        {
            throw part.Problem("a rule needs the names of system calls");
        }
        json.WriteStartObject();
        json.WriteStartArray("names");
        foreach (var name in names)
        {
            json.WriteStringValue(name);
        }
        json.WriteEndArray();
        Copy(json, "action", rule);
        Copy(json, "errnoRet", rule);
        if (rule.Find("args") is { } arguments && arguments.Items().Count > 0)
        {
            Copy(json, "args", rule);
        }
        json.WriteEndObject();
    }

    private static void Copy(Utf8JsonWriter json, string name, Fields from)
    {
        if (from.Find(name) is { } value)
        {
            value.RequireUnambiguous();
            json.WritePropertyName(name);
            value.Element.WriteTo(json);
        }
    }

    private static bool Holds(Fields rule, HostFacts host, IReadOnlyList<string> capabilities)
    {
        if (rule.Find("includes") is { } includes)
        {
            var (condition, caps, arches) = Condition(includes);
            if (!caps.All(capabilities.Contains) || (arches.Count > 0 && !arches.Contains(host.Architecture))
                || (MinKernel(condition) is { } least && host.Kernel < least))
            {
                return false;
            }
        }
        if (rule.Find("excludes") is { } excludes)
        {
            var (condition, caps, arches) = Condition(excludes);
            return !caps.Any(capabilities.Contains) && !arches.Contains(host.Architecture) && !(MinKernel(condition) is { } least && host.Kernel >= least);
        }
        return true;
    }

    private static (Fields Condition, IReadOnlyList<string> Caps, IReadOnlyList<string> Arches) Condition(JsonPart part)
    {
        var condition = new Fields(part, s_knownCondition);
        // A condition that we do not know, taken for none, could make the filter weaker.
        return condition.Unknown.Names is [var unknown, ..]
            ? throw part.Problem($"\"{unknown}\" is no condition that is known")
            : (condition, condition.Texts("caps") ?? [], condition.Texts("arches") ?? []);
    }

    private static Version? MinKernel(Fields condition) => condition.Find("minKernel") is not { } part ? null
        : part.Text().Split('.') is [var major, var minor] && int.TryParse(major, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && int.TryParse(minor, NumberStyles.None, CultureInfo.InvariantCulture, out var second) ? new Version(first, second)
        : throw part.Problem($"\"{part.Text()}\" is no version of a kernel: \"4.8\" is one");
}
