using System;
using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SharpRun.State;

/// <summary>The state that a hook finds on its stdin (runtime-spec, runtime.md "State"): six properties, on one line, without a final newline.</summary>
static class HookState
{
    /// <summary>Pid null: the container has no process any more, and the property is left out.</summary>
    public static byte[] Json(ContainerState state, ContainerStatus status, int? pid)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
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
            if (state.Annotations.Count > 0)
            {
                json.WriteStartObject("annotations"u8);
                foreach (var (name, value) in state.Annotations)
                {
                    json.WriteString(name, value);
                }
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
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
