using System;
using System.Collections.Generic;
using System.Text.Json;
using SharpRun.Planning;

namespace SharpRun.State;

/// <summary>The hooks in state.json: as config.json has them, because its later edits have no effect.</summary>
static class StateFileHooks
{
    /// <summary>Nothing for an empty list.</summary>
    public static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<Hook> hooks)
    {
        if (hooks.Count == 0)
        {
            return;
        }
        json.WriteStartArray(name);
        foreach (var hook in hooks)
        {
            json.WriteStartObject();
            json.WriteString("path"u8, hook.Path);
            if (hook.Args is { } args)
            {
                StateFile.WriteTexts(json, "args"u8, args);
            }
            if (hook.Env is { } env)
            {
                StateFile.WriteTexts(json, "env"u8, env);
            }
            if (hook.Timeout is { } timeout)
            {
                json.WriteNumber("timeout"u8, timeout);
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    public static List<Hook> Read(ref Utf8JsonReader reader)
    {
        var hooks = new List<Hook>();
        StateFile.Require(reader.TokenType == JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            StateFile.Require(reader.TokenType == JsonTokenType.StartObject);
            var hook = new Hook("", null, null, null);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                hook = Property(ref reader, hook);
            }
            hooks.Add(hook);
        }
        return hooks;
    }

    private static Hook Property(ref Utf8JsonReader reader, Hook hook)
    {
        if (StateFile.Is(ref reader, "path"u8)) { return hook with { Path = reader.GetString() ?? "" }; }
        if (StateFile.Is(ref reader, "args"u8)) { return hook with { Args = StateFile.Texts(ref reader) }; }
        if (StateFile.Is(ref reader, "env"u8)) { return hook with { Env = StateFile.Texts(ref reader) }; }
        if (StateFile.Is(ref reader, "timeout"u8)) { return hook with { Timeout = reader.GetInt32() }; }
        reader.Read();
        reader.Skip();
        return hook;
    }
}
