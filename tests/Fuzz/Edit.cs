using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;

namespace SharpRun.Fuzz;

/// <summary>One change of a document: what to do, where, and with what. Any three numbers are an edit, so that a generator can shrink them.</summary>
readonly record struct Edit(byte Kind, uint Place, uint Choice)
{
    // Values that are wrong almost everywhere, and words that mean something in one place and nothing in others.
    private static readonly string[] s_values =
    [
        "null", "true", "false", "0", "-1", "-0", "1.5", "1e400", "4294967295", "9223372036854775808", "18446744073709551616", "1000000",
        "\"\"", "\"..\"", "\"/\"", "\"/..\"", "\"/proc\"", "\"/proc/self/fd/7\"", "\"a\\u0000b\"", "\"\\ud800\"", "\"\\u001b[31m\\n\"",
        "\"\\u2028\"", "\"" + new string('x', 5000) + "\"", "\"é\"", "[]", "{}", "[[]]", "[{}]", "[null]", "{\"\":null}", "\"ro\"", "\"rbind\"",
        "\"bind\"", "\"size=99999999999999999999\"", "\"=\"", "\"mode=0777\"", "\"idmap\"", "\"shared\"", "\"CAP_KILL\"", "\"CAP_NONE\"", "\"user\"",
        "\"cgroup\"", "\"time\"", "\"pid\"", "\"tmpfs\"", "\"proc\"", "\"cgroup2\"", "\"a\"", "\"c\"", "\"rwm\"", "\"RLIMIT_NOFILE\"",
        "\"0-3,7\"", "\"1.0.2\"", "\"2.0.0\"", "[\"a=b\"]", "\"PATH=\"", "\"slave\"", "\"unbindable\"",
    ];

    private static readonly string[] s_names =
    [
        "process", "root", "mounts", "linux", "hooks", "args", "env", "cwd", "user", "uid", "path", "type", "source", "destination", "options",
        "namespaces", "resources", "devices", "memory", "limit", "cpu", "allow", "access", "major", "minor", "seccomp", "sysctl", "rlimits",
        "capabilities", "maskedPaths", "terminal", "annotations", "ociVersion", "Root", "PROCESS", "",
    ];

    private const string Noise = "{}[]\",:\\0-1eEtfnu /\n\t\0\x7f";

    /// <summary>A value of the document, with its name when it has one: byte offsets.</summary>
    private readonly record struct Part(int NameStart, int Start, int End, bool IsNamed);

    public byte[] Of(byte[] json, byte[][] others)
    {
        var parts = Parts(json);
        var kind = Kind % 12;
        if (kind >= 8 || parts.Count == 0)
        {
            return OfBytes(json, kind);
        }
        var part = parts[(int)(Place % parts.Count)];
        return kind switch
        {
            0 => Replace(json, part.Start, part.End, s_values[Choice % s_values.Length]),
            1 => Replace(json, part.Start, part.End, FromAnother(others)),
            // The same again: two properties of one name, two equal elements.
            2 => Replace(json, part.NameStart, part.NameStart, Text(json, part.NameStart, part.End) + ","),
            3 when part.IsNamed => Replace(json, part.NameStart, part.Start, $"\"{s_names[Choice % s_names.Length]}\":"),
            4 when part.IsNamed => Replace(json, part.NameStart, part.Start, ChangedCase(Text(json, part.NameStart, part.Start))),
            5 => Without(json, part),
            6 => Replace(json, part.Start, part.End, new string('[', (int)(Choice % 80)) + Text(json, part.Start, part.End) + new string(']', (int)(Choice % 80))),
            7 => Replace(json, part.NameStart, part.NameStart, $"\"{s_names[Choice % s_names.Length]}\":{s_values[Place % s_values.Length]},"),
            _ => Replace(json, part.Start, part.End, s_values[Choice % s_values.Length]),
        };
    }

    private byte[] OfBytes(byte[] json, int kind)
    {
        var at = json.Length == 0 ? 0 : (int)(Place % json.Length);
        var noise = (Choice & 1) == 0 ? (byte)(Choice >> 8) : (byte)Noise[(int)((Choice >> 8) % Noise.Length)];
        return kind switch
        {
            8 => json[..at],
            9 when json.Length > 0 => [.. json[..at], noise, .. json[(at + 1)..]],
            10 => [.. json[..at], noise, .. json[at..]],
            _ => [.. json[..at], .. json[Math.Min(json.Length, at + (int)(Choice % 16))..]],
        };
    }

    private string FromAnother(byte[][] others)
    {
        var other = others[Choice % others.Length];
        var parts = Parts(other);
        if (parts.Count == 0)
        {
            return "{}";
        }
        var part = parts[(int)(Choice / others.Length % parts.Count)];
        return Text(other, part.Start, part.End);
    }

    private static byte[] Without(byte[] json, Part part)
    {
        var end = part.End;
        while (end < json.Length && json[end] is (byte)' ' or (byte)'\n' or (byte)'\t' or (byte)'\r')
        {
            end++;
        }
        return Replace(json, part.NameStart, end < json.Length && json[end] == ',' ? end + 1 : part.End, "");
    }

    private static string ChangedCase(string name)
    {
        var letters = name.ToCharArray();
        letters[1] = char.IsLower(letters[1]) ? char.ToUpperInvariant(letters[1]) : char.ToLowerInvariant(letters[1]);
        return new string(letters);
    }

    private static byte[] Replace(byte[] json, int start, int end, string text) => [.. json[..start], .. Encoding.UTF8.GetBytes(text), .. json[end..]];

    private static string Text(byte[] json, int start, int end) => Encoding.UTF8.GetString(json[start..end]);

    // Of a document that is broken already, what stands before the break.
    private static List<Part> Parts(byte[] json)
    {
        var parts = new List<Part>();
        var open = new Stack<(int Name, int Start)>();
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 1000 });
        var name = -1;
        try
        {
            while (reader.Read())
            {
                var start = (int)reader.TokenStartIndex;
                switch (reader.TokenType)
                {
                    case JsonTokenType.PropertyName:
                        name = start;
                        continue;
                    case JsonTokenType.StartObject or JsonTokenType.StartArray:
                        open.Push((name, start));
                        break;
                    case JsonTokenType.EndObject or JsonTokenType.EndArray:
                        var (itsName, itsStart) = open.Pop();
                        Add(itsName, itsStart, (int)reader.BytesConsumed);
                        break;
                    default:
                        Add(name, start, (int)reader.BytesConsumed);
                        break;
                }
                name = -1;
            }
        }
        catch (JsonException)
        {
        }
        return parts;

        void Add(int itsName, int start, int end) => parts.Add(new Part(itsName < 0 ? start : itsName, start, end, itsName >= 0));
    }
}
