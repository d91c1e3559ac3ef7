using System;
using System.Collections.Generic;
using System.Text.Json;
using SharpRun.Json;
using SharpRun.LayerTar;

namespace SharpRun.Image.Bundle;

// The object "linux".
static partial class BundleDocument
{
    private const int CpuPeriod = 100_000;

    private static readonly string[] s_maskedPaths =
    [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",
        "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware",
    ];

    private static readonly string[] s_readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    // null, zero, full, random, urandom, tty, console, ptmx, and the terminals of the container.
    private static readonly (int Major, int Minor)[] s_devices = [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 1), (5, 2), (136, -1)];

    private static void WriteLinux(Utf8JsonWriter json, BundleParts parts)
    {
        var request = parts.Request;
        json.WriteStartObject("linux");
        if (request.UidMaps.Count == 0 && !request.HasHostNetwork)
        {
            // The network namespace is not the host's: every user of the container may open low ports and ping in it, as with docker.
            json.WriteStartObject("sysctl");
            json.WriteString("net.ipv4.ip_unprivileged_port_start", "0");
            json.WriteString("net.ipv4.ping_group_range", "0 2147483647");
            json.WriteEndObject();
        }
        WriteResources(json, request);
        if (request.Cgroup is not null)
        {
            json.WriteString("cgroupsPath", request.Cgroup);
        }
        WriteNamespaces(json, request);
        WriteMaps(json, "uidMappings", request.UidMaps);
        WriteMaps(json, "gidMappings", request.GidMaps);
        if (parts.Devices.Count > 0)
        {
            WriteDevices(json, parts.Devices);
        }
        if (!request.IsPrivileged)
        {
            request.Seccomp?.WriteTo(json, parts.Host, parts.Capabilities);
            WriteTexts(json, "maskedPaths", s_maskedPaths);
            WriteTexts(json, "readonlyPaths", s_readonlyPaths);
        }
        json.WriteEndObject();
    }

    private static void WriteResources(Utf8JsonWriter json, BundleRequest request)
    {
        json.WriteStartObject("resources");
        json.WriteStartArray("devices");
        json.WriteStartObject();
        json.WriteBoolean("allow", request.IsPrivileged);
        json.WriteString("access", "rwm");
        json.WriteEndObject();
        foreach (var (major, minor) in request.IsPrivileged ? [] : s_devices)
        {
            json.WriteStartObject();
            json.WriteBoolean("allow", true);
            json.WriteString("type", "c");
            json.WriteNumber("major", major);
            if (minor >= 0)
            {
                json.WriteNumber("minor", minor);
            }
            json.WriteString("access", "rwm");
            json.WriteEndObject();
        }
        json.WriteEndArray();
        if (request.Memory is { } memory)
        {
            WriteLimit(json, "memory", ("limit", memory));
        }
        if (request.Cpus is { } cpus)
        {
            WriteLimit(json, "cpu", ("quota", (long)(cpus * CpuPeriod)), ("period", CpuPeriod));
        }
        if (request.Pids is { } pids)
        {
            WriteLimit(json, "pids", ("limit", pids));
        }
        json.WriteEndObject();
    }

    private static void WriteLimit(Utf8JsonWriter json, string name, params ReadOnlySpan<(string Name, long Value)> limits)
    {
        json.WriteStartObject(name);
        foreach (var (word, value) in limits)
        {
            json.WriteNumber(word, value);
        }
        json.WriteEndObject();
    }

    private static void WriteNamespaces(Utf8JsonWriter json, BundleRequest request)
    {
        json.WriteStartArray("namespaces");
        foreach (var type in request.UidMaps.Count > 0 ? (ReadOnlySpan<string>)["user", "mount", "network", "uts", "pid", "ipc", "cgroup"]
            : ["mount", "network", "uts", "pid", "ipc", "cgroup"])
        {
            if (type == "network" && request.HasHostNetwork)
            {
                continue;
            }
            json.WriteStartObject();
            json.WriteString("type", type);
            if (type == "network" && request.NetworkNamespace is not null)
            {
                json.WriteString("path", request.NetworkNamespace);
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteMaps(Utf8JsonWriter json, string name, IReadOnlyList<IdMap> maps)
    {
        if (maps.Count == 0)
        {
            return;
        }
        json.WriteStartArray(name);
        foreach (var map in maps)
        {
            json.WriteStartObject();
            json.WriteNumber("containerID", map.Container);
            json.WriteNumber("hostID", map.Host);
            json.WriteNumber("size", map.Count);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteDevices(Utf8JsonWriter json, IReadOnlyList<DeviceNode> devices)
    {
        json.WriteStartArray("devices");
        foreach (var device in devices)
        {
            json.WriteStartObject();
            json.WriteString("path", device.Path);
            json.WriteString("type", device.Kind == 'c' ? "c" : "b");
            json.WriteNumber("major", device.Major);
            json.WriteNumber("minor", device.Minor);
            json.WriteNumber("fileMode", device.Mode);
            json.WriteNumber("uid", device.Uid);
            json.WriteNumber("gid", device.Gid);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
