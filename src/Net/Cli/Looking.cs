using System;
using System.Collections.Generic;
using System.Linq;
using SharpRun.CommandLine;
using SharpRun.Json;
using SharpRun.Net.Attachments;

namespace SharpRun.Net.Cli;

/// <summary>The verbs that change nothing.</summary>
static class Looking
{
    public static Command List { get; } = new("list", "", "the networks that are known", [], ActList) { LeastWords = 0, MostWords = 0 };

    public static Command Inspect { get; } = new("inspect", "NETWORK", "what a network is, and who is in it, as JSON", [], ActInspect);

    public static Command Check { get; } = new("check", "NETWORK NETNS", "whether everything of an attachment is as it was made", [], ActCheck) { LeastWords = 2, MostWords = 2 };

    private static int ActList(Arguments arguments, Options options)
    {
        var networks = NetworkFolder.ReadAll(options.ConfigDirectory, Answers.Warner(options));
        networks.Sort((one, other) => string.CompareOrdinal(one.Name, other.Name));
        Answers.Write(options, networks.Select(network => network.Name), json =>
        {
            json.WriteStartArray();
            foreach (var network in networks)
            {
                json.WriteStartObject();
                WriteMembers(json, network);
                json.WriteNumber("attachments", RecordsOf(options, network.Name).Count);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
        return 0;
    }

    private static int ActInspect(Arguments arguments, Options options)
    {
        var name = Words.Network(arguments.Words[0]);
        var records = RecordsOf(options, name);
        // Who is in it is also known of a network whose description has gone.
        var known = NetworkFolder.ReadAll(options.ConfigDirectory, Answers.Warner(options)).Find(network => network.Name == name)
            ?? records.Select(record => record.Network).FirstOrDefault() ?? NetworkFolder.Find(name, options.ConfigDirectory);
        Answers.WriteJson(json =>
        {
            json.WriteStartObject();
            WriteMembers(json, known);
            json.WritePropertyName("attachments");
            Answers.WriteAttachments(json, records);
            json.WritePropertyName("configuration");
            json.WriteRawValue(known.Document);
            json.WriteEndObject();
        });
        return 0;
    }

    private static int ActCheck(Arguments arguments, Options options)
    {
        var (name, netNs) = (Words.Network(arguments.Words[0]), Words.NetNs(arguments.Words[1]));
        using var network = NetworkDirectory.Open(options.Root, name, makes: false);
        var record = network?.Find(netNs) ?? throw new NetError($"check {netNs} in network {name}: it is not attached");
        if (NetCheck.CheckedAttachmentLives.Fails(Attacher.IsDead(record)))
        {
            throw new NetError($"check {netNs} in network {name}: "
                + (record.Result is null ? "it was never finished" : "its namespace is not the one that was attached") + "; `down` or `gc` clears it");
        }
        PluginChain.Check(record);
        return 0;
    }

    private static List<AttachmentRecord> RecordsOf(Options options, string name)
    {
        using var network = NetworkDirectory.Open(options.Root, name, makes: false);
        return network?.Records ?? [];
    }

    private static void WriteMembers(System.Text.Json.Utf8JsonWriter json, KnownNetwork network)
    {
        json.WriteString("name", network.Name);
        json.WriteOptional("file", network.Source);
        json.WriteString("cniVersion", network.List.CniVersion);
        json.WriteTexts("plugins", [.. network.List.Plugins.Select(plugin => plugin.Type)]);
    }
}
