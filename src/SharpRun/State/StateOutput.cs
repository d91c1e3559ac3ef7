using System;
using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SharpRun.State;

/// <summary>The JSON of `state`, read by managers: indented by two spaces, pid 0 when stopped.</summary>
static class StateOutput
{
    public static byte[] Json(ContainerState state, ContainerStatus status)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        var options = new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            Write(json, state, status, "");
        }
        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>One container's object; list fills the owner.</summary>
    public static void Write(Utf8JsonWriter json, ContainerState state, ContainerStatus status, string owner)
    {
        json.WriteStartObject();
        json.WriteString("ociVersion"u8, state.OciVersion);
        json.WriteString("id"u8, state.Id);
        json.WriteNumber("pid"u8, status == ContainerStatus.Stopped ? 0 : state.Init.Pid);
        json.WriteString("status"u8, status.Word());
        json.WriteString("bundle"u8, state.Bundle);
        json.WriteString("rootfs"u8, state.Rootfs);
        json.WriteString("created"u8, state.Created);
        WriteAnnotations(json, state);
        json.WriteString("owner"u8, owner);
        json.WriteEndObject();
    }

    /// <summary>Nothing when there are none.</summary>
    public static void WriteAnnotations(Utf8JsonWriter json, ContainerState state)
    {
        if (state.Annotations.Count == 0)
        {
            return;
        }
        json.WriteStartObject("annotations"u8);
        foreach (var (name, value) in state.Annotations)
        {
            json.WriteString(name, value);
        }
        json.WriteEndObject();
    }
}
