using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text.Json;
using SharpRun.Planning;

namespace SharpRun.State;

/// <summary>state.json, written and read by hand. What a clean-up needs comes first, so that a damaged file still tells most of it (R39).</summary>
static class StateFile
{
    public const string Name = "state.json";
    private const int FormatVersion = 1;

    public static byte[] Bytes(ContainerState state)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("version"u8, FormatVersion);
            json.WriteString("id"u8, state.Id);
            json.WriteNumber("pid"u8, state.Init.Pid);
            json.WriteNumber("pidStart"u8, state.Init.Start);
            json.WriteNumber("creatorPid"u8, state.Creator.Pid);
            json.WriteNumber("creatorStart"u8, state.Creator.Start);
            json.WriteString("cgroupLayout"u8, state.Cgroup.Layout.ToText());
            WriteTexts(json, "cgroups"u8, state.Cgroup.Directories);
            if (state.Cgroup.Unit is { } unit)
            {
                json.WriteString("systemdUnit"u8, unit);
                json.WriteBoolean("systemdOfUser"u8, state.Cgroup.IsUsersUnit);
            }
            if (state.PidFile is not null)
            {
                json.WriteString("pidFile"u8, state.PidFile);
            }
            json.WriteBoolean("ownPidNamespace"u8, state.HasOwnPidNamespace);
            if (state.KeepsKeyring)
            {
                json.WriteBoolean("keepsKeyring"u8, true);
            }
            json.WriteString("created"u8, state.Created);
            json.WriteString("ociVersion"u8, state.OciVersion);
            json.WriteString("bundle"u8, state.Bundle);
            json.WriteString("rootfs"u8, state.Rootfs);
            json.WriteStartObject("annotations"u8);
            foreach (var (name, value) in state.Annotations)
            {
                json.WriteString(name, value);
            }
            json.WriteEndObject();
            StateFileHooks.Write(json, "poststart"u8, state.Poststart);
            StateFileHooks.Write(json, "poststop"u8, state.Poststop);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Unknown properties are ignored: a newer version may have written them. Of a damaged file, what stands before the damage.</summary>
    public static ContainerState Parse(ReadOnlySpan<byte> bytes, string id, out bool isDamaged)
    {
        var state = new ContainerState { Id = id };
        var reader = new Utf8JsonReader(bytes);
        var isComplete = false;
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                state = Property(ref reader, state);
            }
            isComplete = reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth == 0 && !reader.Read();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
        }
        isDamaged = !isComplete || state.Bundle.Length == 0;
        return state;
    }

    private static ContainerState Property(ref Utf8JsonReader reader, ContainerState state)
    {
        if (Is(ref reader, "pid"u8)) { return state with { Init = state.Init with { Pid = reader.GetInt32() } }; }
        if (Is(ref reader, "pidStart"u8)) { return state with { Init = state.Init with { Start = reader.GetUInt64() } }; }
        if (Is(ref reader, "creatorPid"u8)) { return state with { Creator = state.Creator with { Pid = reader.GetInt32() } }; }
        if (Is(ref reader, "creatorStart"u8)) { return state with { Creator = state.Creator with { Start = reader.GetUInt64() } }; }
        if (Is(ref reader, "cgroupLayout"u8)) { return state with { Cgroup = state.Cgroup with { Layout = Layout(reader.GetString()) } }; }
        if (Is(ref reader, "cgroups"u8)) { return state with { Cgroup = state.Cgroup with { Directories = Texts(ref reader) } }; }
        if (Is(ref reader, "systemdUnit"u8)) { return state with { Cgroup = state.Cgroup with { Unit = reader.GetString() } }; }
        if (Is(ref reader, "systemdOfUser"u8)) { return state with { Cgroup = state.Cgroup with { IsUsersUnit = reader.GetBoolean() } }; }
        if (Is(ref reader, "pidFile"u8)) { return state with { PidFile = reader.GetString() }; }
        if (Is(ref reader, "ownPidNamespace"u8)) { return state with { HasOwnPidNamespace = reader.GetBoolean() }; }
        if (Is(ref reader, "keepsKeyring"u8)) { return state with { KeepsKeyring = reader.GetBoolean() }; }
        if (Is(ref reader, "created"u8)) { return state with { Created = reader.GetString() ?? "" }; }
        if (Is(ref reader, "ociVersion"u8)) { return state with { OciVersion = reader.GetString() ?? "" }; }
        if (Is(ref reader, "bundle"u8)) { return state with { Bundle = reader.GetString() ?? "" }; }
        if (Is(ref reader, "rootfs"u8)) { return state with { Rootfs = reader.GetString() ?? "" }; }
        if (Is(ref reader, "annotations"u8)) { return state with { Annotations = Pairs(ref reader) }; }
        if (Is(ref reader, "poststart"u8)) { return state with { Poststart = StateFileHooks.Read(ref reader) }; }
        if (Is(ref reader, "poststop"u8)) { return state with { Poststop = StateFileHooks.Read(ref reader) }; }
        reader.Read();
        reader.Skip();
        return state;
    }

    // Goes on to the value when the name fits.
    internal static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> name) => reader.ValueTextEquals(name) && reader.Read();

    internal static List<string> Texts(ref Utf8JsonReader reader)
    {
        var texts = new List<string>();
        Require(reader.TokenType == JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            texts.Add(reader.GetString() ?? "");
        }
        return texts;
    }

    private static Dictionary<string, string> Pairs(ref Utf8JsonReader reader)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        Require(reader.TokenType == JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            pairs[name] = reader.GetString() ?? "";
        }
        return pairs;
    }

    internal static void Require(bool condition)
    {
        if (!condition)
        {
            throw new JsonException();
        }
    }

    internal static void WriteTexts(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }
        json.WriteEndArray();
    }

    private static string ToText(this CgroupLayout layout) => layout switch
    {
        CgroupLayout.V1 => "v1",
        CgroupLayout.Hybrid => "hybrid",
        CgroupLayout.V2 => "v2",
        _ => "none",
    };

    private static CgroupLayout Layout(string? text) => text switch
    {
        "v1" => CgroupLayout.V1,
        "hybrid" => CgroupLayout.Hybrid,
        "v2" => CgroupLayout.V2,
        "none" => CgroupLayout.None,
        _ => throw new JsonException(),
    };
}
