using System;
using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using SharpRun.Linux;
using SharpRun.Parent;
using SharpRun.Planning;

namespace SharpRun;

/// <summary>The two forms of a log line, as runc's readers know them (spec/cli.md, "Logging").</summary>
static class LogLine
{
    /// <summary>time="2026-11-24T00:24:10Z" level=error msg="container does not exist"</summary>
    public static byte[] Text(string level, string message, string time)
    {
        var line = new StringBuilder(message.Length + 64);
        line.Append("time=\"").Append(time).Append("\" level=").Append(level).Append(" msg=\"");
        foreach (var letter in message)
        {
            AppendEscaped(line, letter);
        }
        return Encoding.UTF8.GetBytes(line.Append("\"\n").ToString());
    }

    /// <summary>{"level":"error","msg":"…","time":"…"}; of an error also code, step, errno and path, for programs.</summary>
    public static byte[] Json(string level, string message, string time, Exception? error)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("level"u8, level);
            json.WriteString("msg"u8, message);
            json.WriteString("time"u8, time);
            if (error is not null)
            {
                WriteCause(json, error);
            }
            json.WriteEndObject();
        }
        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteCause(Utf8JsonWriter json, Exception error)
    {
        json.WriteString("code"u8, ErrorCodes.Of(error).Text());
        if (error is StepError { Step.Length: > 0 } step)
        {
            json.WriteString("step"u8, step.Step);
        }
        else if (error is HookError hook)
        {
            json.WriteString("step"u8, hook.Hook);
        }
        var errno = ErrorCodes.ErrnoOf(error);
        if (errno != Errno.OK)
        {
            json.WriteString("errno"u8, errno.ToString());
        }
        if (error is SpecError { Path.Length: > 0 } spec)
        {
            json.WriteString("path"u8, spec.Path);
        }
    }

    private static void AppendEscaped(StringBuilder line, char letter)
    {
        switch (letter)
        {
            case '"' or '\\':
                line.Append('\\').Append(letter);
                break;
            case '\n':
                line.Append("\\n");
                break;
            case '\t':
                line.Append("\\t");
                break;
            case '\r':
                line.Append("\\r");
                break;
            case < ' ' or '\x7f':
                line.Append(CultureInfo.InvariantCulture, $"\\x{(int)letter:x2}");
                break;
            default:
                line.Append(letter);
                break;
        }
    }
}
