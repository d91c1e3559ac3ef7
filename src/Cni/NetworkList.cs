using System;
using System.Collections.Generic;
using System.Net;
using System.Text.Json;
using SharpRun.Json;

namespace SharpRun.Cni;

/// <summary>A network as an administrator describes it in a file: .conflist, a chain of plugins, or .conf, one plugin (CNI 1.1.0, "Network
/// configuration format").</summary>
public sealed record NetworkList
{
    private const int MostPlugins = 64;

    /// <summary>The highest of those in the file that we support.</summary>
    public required string CniVersion { get; init; }

    public required string Name { get; init; }

    public bool DisableCheck { get; init; }

    public bool DisableGc { get; init; }

    /// <summary>In the order of ADD; DEL goes backwards.</summary>
    public required IReadOnlyList<NetworkListPlugin> Plugins { get; init; }

    /// <param name="what">The file, for sentences.</param>
    public static NetworkList Read(ReadOnlySpan<byte> document, string what)
    {
        var part = JsonPart.Read(document, NetworkConfig.MaxLength, what);
        var fields = new Fields(part, ["cniVersion", "cniVersions", "name", "disableCheck", "disableGC", "plugins"], anyCase: true);
        var name = fields.Text("name") ?? throw part.Invalid("name: the network has no name");
        if (CniCheck.DescribedNetworkHasAName.Fails(!CniEnvironment.IsName(name)))
        {
            throw part.Invalid($"name: \"{JsonPart.Short(name)}\" is not a letter or digit, followed by letters, digits, \"_\", \".\" and \"-\"");
        }
        var plugins = fields.Find("plugins") is { } list ? list.Items(MostPlugins).ConvertAll(NetworkListPlugin.Read) : [NetworkListPlugin.Read(part)];
        return new NetworkList
        {
            CniVersion = Highest([fields.Text("cniVersion"), .. fields.Texts("cniVersions") ?? []]),
            Name = name,
            DisableCheck = Flag(fields.Find("disableCheck")),
            DisableGc = Flag(fields.Find("disableGC")),
            Plugins = CniCheck.ChainHasAPlugin.Passes(plugins.Count > 0) ? plugins : throw part.Invalid("plugins: the list is empty"),
        };
    }

    private static string Highest(List<string?> versions)
    {
        string? highest = null;
        foreach (var version in versions)
        {
            if (version is not null && CniCheck.DescribedVersionIsSupported.Passes(Cni.CniVersion.IsSupported(version)) && (highest is null || Cni.CniVersion.IsAtLeast(version, highest)))
            {
                highest = version;
            }
        }
        return highest ?? Cni.CniVersion.Require(versions[0]);
    }

    // libcni also takes the text "true" for it.
    private static bool Flag(JsonPart? part) => part is { } flag && (flag.Element.ValueKind == JsonValueKind.String ? flag.Text() is "true" : flag.Flag());
}

/// <summary>What a runtime gives to the plugins of a chain which have the capability for it.</summary>
public sealed record RuntimeArguments
{
    public IReadOnlyList<PortRequest> PortMappings { get; init; } = [];

    public string? Mac { get; init; }

    public IReadOnlyList<IPAddress> Ips { get; init; } = [];
}

/// <summary>One plugin of a chain, its object as it stands in the file.</summary>
public sealed record NetworkListPlugin(string Type, JsonPart Object, IReadOnlyList<string> Capabilities)
{
    public static NetworkListPlugin Read(JsonPart part)
    {
        var fields = new Fields(part, ["type", "capabilities"], anyCase: true);
        var type = fields.Require("type");
        var name = type.Text();
        if (CniCheck.PluginHasAName.Fails(name.Length == 0) || CniCheck.PluginHasNoPath.Fails(name.Contains('/')))
        {
            throw type.Invalid($"\"{JsonPart.Short(name)}\" is no name of a plugin");
        }
        var capabilities = fields.Find("capabilities")?.Properties().FindAll(one => one.Value.Flag()).ConvertAll(one => one.Name);
        return new NetworkListPlugin(name, part, capabilities ?? []);
    }

    /// <summary>What this plugin gets on stdin (CNI 1.1.0, "Deriving request configuration from plugin configuration").</summary>
    public byte[] ToConfig(NetworkList list, CniResult? prevResult, RuntimeArguments arguments, IReadOnlyList<Attachment>? valid = null) => JsonText.Of(json =>
    {
        json.WriteStartObject();
        json.WriteString("cniVersion", list.CniVersion);
        json.WriteString("name", list.Name);
        foreach (var (name, value) in Object.Properties())
        {
            if (CniCheck.MemberIsThePlugins.Passes(name is not ("cniVersion" or "cniVersions" or "name" or "prevResult" or "runtimeConfig" or "capabilities" or "cni.dev/valid-attachments")))
            {
                json.WritePropertyName(name);
                value.Element.WriteTo(json);
            }
        }
        WriteRuntimeConfig(json, arguments);
        if (prevResult is not null)
        {
            json.WritePropertyName("prevResult");
            prevResult.WriteTo(json, list.CniVersion);
        }
        if (valid is not null)
        {
            WriteAttachments(json, valid);
        }
        json.WriteEndObject();
    });

    private void WriteRuntimeConfig(Utf8JsonWriter json, RuntimeArguments arguments)
    {
        json.WriteStartObject("runtimeConfig");
        if (Has("portMappings") && arguments.PortMappings.Count > 0)
        {
            json.WriteStartArray("portMappings");
            foreach (var port in arguments.PortMappings)
            {
                json.WriteStartObject();
                json.WriteNumber("hostPort", port.HostPort);
                json.WriteNumber("containerPort", port.ContainerPort);
                json.WriteString("protocol", port.Protocol);
                json.WriteOptional("hostIP", port.HostIp?.ToString());
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        if (Has("mac"))
        {
            json.WriteOptional("mac", arguments.Mac);
        }
        if (Has("ips") && arguments.Ips.Count > 0)
        {
            json.WriteStartArray("ips");
            foreach (var ip in arguments.Ips)
            {
                json.WriteStringValue(ip.ToString());
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private bool Has(string capability) => CniCheck.PluginIsCapable.Passes(System.Linq.Enumerable.Contains(Capabilities, capability));

    private static void WriteAttachments(Utf8JsonWriter json, IReadOnlyList<Attachment> valid)
    {
        json.WriteStartArray("cni.dev/valid-attachments");
        foreach (var one in valid)
        {
            json.WriteStartObject();
            json.WriteString("containerID", one.ContainerId);
            json.WriteString("ifname", one.IfName);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
