using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using SharpRun.CommandLine;
using SharpRun.Json;
using SharpRun.Net.Attachments;
using SharpRun.Net.Leases;

namespace SharpRun.Net.Cli;

/// <summary>Results on stdout: lines for people, or one JSON document with the same facts (--json).</summary>
static class Answers
{
    public static void Write(Options options, IEnumerable<string> lines, Action<Utf8JsonWriter> document)
    {
        if (options.IsJson)
        {
            WriteJson(document);
            return;
        }
        var text = string.Concat(lines.Select(line => line + "\n"));
        if (text.Length > 0)
        {
            Output.Write(text);
        }
    }

    public static void WriteJson(Action<Utf8JsonWriter> document) => Output.Write([.. JsonText.Of(document), (byte)'\n']);

    public static void WriteAttachment(Utf8JsonWriter json, AttachmentRecord record)
    {
        json.WriteStartObject();
        json.WriteString("network", record.Network.Name);
        json.WriteString("netns", record.NetNs);
        json.WriteString("containerId", record.ContainerId);
        json.WriteString("ifName", record.IfName);
        json.WriteOptional("name", record.Name);
        JsonText.WriteTexts(json, "addresses", [.. (record.Result?.Ips ?? []).Select(ip => ip.Address.ToString())]);
        json.WriteOptional("mac", record.Result?.Interfaces.Find(one => one.Sandbox is not null && one.Name == record.IfName)?.Mac);
        JsonText.WriteTexts(json, "ports", [.. record.Wishes.PortMappings.Select(PortWord.TextOf)]);
        json.WriteBoolean("alive", !Attacher.IsDead(record));
        json.WriteEndObject();
    }

    public static void WriteAttachments(Utf8JsonWriter json, IEnumerable<AttachmentRecord> records)
    {
        json.WriteStartArray();
        foreach (var record in records)
        {
            WriteAttachment(json, record);
        }
        json.WriteEndArray();
    }

    /// <summary>Warnings go to stderr, unless they are not wanted.</summary>
    public static Action<string> Warner(Options options) => words =>
    {
        if (!options.IsQuiet)
        {
            Output.WriteError($"sharprun-net: warning: {words.ReplaceLineEndings(" ")}\n");
        }
    };

    public static IEnumerable<string> Addresses(AttachmentRecord record) => record.Addresses.Select(LeaseName.Of);
}
