using System;
using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SharpRun.State;

/// <summary>The specification's state (runtime-spec, runtime.md "State"), which is not what the command `state` prints: a hook finds it on its stdin,
/// and a seccomp agent in its message.</summary>
static class HookState
{
    /// <summary>On one line, without a final newline. Pid null: the container has no process any more, and the property is left out.</summary>
    public static byte[] Json(ContainerState state, ContainerStatus status, int? pid)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            Write(json, state, status, pid);
        }
        return buffer.WrittenSpan.ToArray();
    }

    public static void Write(Utf8JsonWriter json, ContainerState state, ContainerStatus status, int? pid)
    {
        json.WriteStartObject();
        json.WriteString("ociVersion"u8, state.OciVersion);
        json.WriteString("id"u8, state.Id);
        json.WriteString("status"u8, status.Word());
        if (pid is { } number)
        {
            json.WriteNumber("pid"u8, number);
        }
        json.WriteString("bundle"u8, state.Bundle);
        StateOutput.WriteAnnotations(json, state);
        json.WriteEndObject();
    }

    /// <summary>The same in two parts, between which the clone child writes its pid, as it sees it itself: the runtime does not know it yet.</summary>
    public static (byte[] Before, byte[] After) AroundPid(ContainerState state, ContainerStatus status)
    {
        // What stands before it, a version and an id, has no quotes.
        ReadOnlySpan<byte> json = Json(state, status, 0), mark = "\"pid\":0"u8;
        var pid = json.IndexOf(mark) + mark.Length - 1;
        return (json[..pid].ToArray(), json[(pid + 1)..].ToArray());
    }
}
