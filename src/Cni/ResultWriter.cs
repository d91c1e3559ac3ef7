using System.Text.Json;
using SharpRun.Json;

namespace SharpRun.Cni;

/// <summary>A result as one version of the specification has it.</summary>
public static class ResultWriter
{
    public static byte[] ToDocument(this CniResult result, string version) => JsonText.Of(json => result.WriteTo(json, version));

    public static void WriteTo(this CniResult result, Utf8JsonWriter json, string version)
    {
        var isOf110 = CniVersion.IsAtLeast(version, "1.1.0");
        json.WriteStartObject();
        json.WriteString("cniVersion", version);
        WriteInterfaces(json, result, isOf110);
        WriteIps(json, result, hasFamily: !CniVersion.IsAtLeast(version, "1.0.0"));
        WriteRoutes(json, result, isOf110);
        WriteDns(json, result.Dns);
        json.WriteEndObject();
    }

    private static void WriteInterfaces(Utf8JsonWriter json, CniResult result, bool isOf110)
    {
        if (result.Interfaces.Count == 0)
        {
            return;
        }
        json.WriteStartArray("interfaces");
        foreach (var one in result.Interfaces)
        {
            json.WriteStartObject();
            json.WriteString("name", one.Name);
            json.WriteOptional("mac", one.Mac);
            if (isOf110)
            {
                WriteNumber(json, "mtu", one.Mtu == 0 ? null : one.Mtu);
            }
            json.WriteOptional("sandbox", one.Sandbox);
            if (isOf110)
            {
                json.WriteOptional("socketPath", one.SocketPath);
                json.WriteOptional("pciID", one.PciId);
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteIps(Utf8JsonWriter json, CniResult result, bool hasFamily)
    {
        if (result.Ips.Count == 0)
        {
            return;
        }
        json.WriteStartArray("ips");
        foreach (var ip in result.Ips)
        {
            json.WriteStartObject();
            if (hasFamily)
            {
                json.WriteString("version", ip.Address.IsV6 ? "6" : "4");
            }
            WriteNumber(json, "interface", ip.Interface);
            json.WriteString("address", ip.Address.ToString());
            json.WriteOptional("gateway", ip.Gateway?.ToString());
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteRoutes(Utf8JsonWriter json, CniResult result, bool isOf110)
    {
        if (result.Routes.Count == 0)
        {
            return;
        }
        json.WriteStartArray("routes");
        foreach (var route in result.Routes)
        {
            json.WriteStartObject();
            json.WriteString("dst", route.Destination.ToString());
            json.WriteOptional("gw", route.Gateway?.ToString());
            if (isOf110)
            {
                WriteNumber(json, "mtu", route.Mtu);
                WriteNumber(json, "advmss", route.AdvMss);
                WriteNumber(json, "priority", route.Priority);
                WriteNumber(json, "table", route.Table);
                WriteNumber(json, "scope", route.Scope);
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteDns(Utf8JsonWriter json, ResultDns dns)
    {
        // It is there even when it is empty: so it is with the reference.
        json.WriteStartObject("dns");
        json.WriteTexts("nameservers", dns.Nameservers.Count == 0 ? null : dns.Nameservers);
        json.WriteOptional("domain", dns.Domain);
        json.WriteTexts("search", dns.Search.Count == 0 ? null : dns.Search);
        json.WriteTexts("options", dns.Options.Count == 0 ? null : dns.Options);
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, int? number)
    {
        if (number is { } value)
        {
            json.WriteNumber(name, value);
        }
    }
}
