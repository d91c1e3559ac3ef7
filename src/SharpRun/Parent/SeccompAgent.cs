using System;
using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using SharpRun.Linux;
using SharpRun.Planning;
using SharpRun.State;

namespace SharpRun.Parent;

/// <summary>Who answers for the calls with SCMP_ACT_NOTIFY: it listens at linux.seccomp.listenerPath, and gets one message for each filter, the
/// specification's container process state with the listener as its descriptor.</summary>
sealed class SeccompAgent
{
    private readonly int _socket;
    private readonly string _metadata;

    private SeccompAgent(int socket, string metadata) => (_socket, _metadata) = (socket, metadata);

    /// <summary>Before anything is made; null when no rule asks for an agent.</summary>
    public static SeccompAgent? Connect(Spec spec)
    {
        if (spec.Linux.Seccomp is not { Notifies: true } seccomp)
        {
            return null;
        }
        try
        {
            return new SeccompAgent(UnixSocket.Connect(seccomp.ListenerPath!, Native.SOCK_STREAM, "seccomp agent"), seccomp.ListenerMetadata ?? "");
        }
        catch (ErrnoException error)
        {
            throw new SpecError("linux.seccomp.listenerPath",
                $"failed to connect with seccomp agent \"{seccomp.ListenerPath}\": {error.Error.Text()} ({error.Error})");
        }
    }

    /// <summary>Takes the listener from the child, gives it to the agent and lets the child go on, unless that is gone. The pid is the
    /// child's, init's or that of an exec.</summary>
    public void HandOver(Conversation talk, ContainerState state, int pid, ContainerStatus status)
    {
        var listener = Sys.ReceiveDescriptor(talk.ParentEnd);
        // End of file has no descriptor either.
        if (listener.Error is Errno.EBADMSG or Errno.ECONNRESET)
        {
            return;
        }
        if (!listener.Ok)
        {
            throw Refused(listener.Error);
        }
        var sent = Sys.SendDescriptor(_socket, Json(state, pid, status), listener.Value);
        // The child has a copy of the socket, which it closes under the filter, and so perhaps not before the agent lets it.
        Sys.EndOfSending(_socket);
        Sys.Close(listener.Value);
        Sys.Close(_socket);
        if (sent != Errno.OK)
        {
            throw Refused(sent);
        }
        talk.Answer();
    }

    private static StepError Refused(Errno error) =>
        new($"hand the seccomp listener to the agent: {error.Text()} ({error})", "hand the seccomp listener to the agent", error, ErrorCode.SystemCallFailed);

    private byte[] Json(ContainerState state, int pid, ContainerStatus status)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("ociVersion"u8, state.OciVersion);
            json.WriteStartArray("fds"u8);
            json.WriteStringValue("seccompFd"u8);
            json.WriteEndArray();
            json.WriteNumber("pid"u8, pid);
            if (_metadata.Length > 0)
            {
                json.WriteString("metadata"u8, _metadata);
            }
            json.WritePropertyName("state"u8);
            HookState.Write(json, state, status, state.Init.Pid);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }
}
