using System;
using System.Buffers;
using System.Text.Json;

namespace SharpRun.Planning;

/// <summary>What `sharprun spec` writes: the config.json from which people and test suites start, the same as runc's but for the hostname and
/// the ambient capabilities, which newer versions of runc leave out too.</summary>
public static class SpecDocument
{
    private const string OciVersion = "1.3.0";

    /// <summary>Indented by tabs. Rootless: a user namespace in which 0 is the caller, and nothing that needs a second id or privileges.</summary>
    public static byte[] Write(bool rootless, bool cgroupNamespace, uint uid, uint gid)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, IndentCharacter = '\t', IndentSize = 1, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteString("ociVersion", OciVersion);
            WriteProcess(json);
            json.WriteStartObject("root");
            json.WriteString("path", "rootfs");
            json.WriteBoolean("readonly", true);
            json.WriteEndObject();
            json.WriteString("hostname", "sharprun");
            WriteMounts(json, rootless);
            WriteLinux(json, rootless, cgroupNamespace, uid, gid);
            json.WriteEndObject();
        }
        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteProcess(Utf8JsonWriter json)
    {
        json.WriteStartObject("process");
        json.WriteBoolean("terminal", true);
        json.WriteStartObject("user");
        json.WriteNumber("uid", 0);
        json.WriteNumber("gid", 0);
        json.WriteEndObject();
        WriteTexts(json, "args", "sh");
        WriteTexts(json, "env", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm");
        json.WriteString("cwd", "/");
        json.WriteStartObject("capabilities");
        foreach (var set in (ReadOnlySpan<string>)["bounding", "effective", "permitted"])
        {
            WriteTexts(json, set, "CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE");
        }
        json.WriteEndObject();
        json.WriteStartArray("rlimits");
        json.WriteStartObject();
        json.WriteString("type", "RLIMIT_NOFILE");
        json.WriteNumber("hard", 1024);
        json.WriteNumber("soft", 1024);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteBoolean("noNewPrivileges", true);
        json.WriteEndObject();
    }

    private static void WriteMounts(Utf8JsonWriter json, bool rootless)
    {
        json.WriteStartArray("mounts");
        WriteMount(json, "/proc", "proc", "proc");
        WriteMount(json, "/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k");
        // Group 5 is tty; without a mapping for it devpts would not mount.
        WriteMount(json, "/dev/pts", "devpts", "devpts", rootless
            ? ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]
            : ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]);
        WriteMount(json, "/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k");
        WriteMount(json, "/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev");
        if (rootless)
        {
            // A new sysfs needs the network namespace's owner; rootless containers keep the host's network here.
            WriteMount(json, "/sys", "none", "/sys", "rbind", "nosuid", "noexec", "nodev", "ro");
        }
        else
        {
            WriteMount(json, "/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro");
        }
        WriteMount(json, "/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro");
        json.WriteEndArray();
    }

    private static void WriteMount(Utf8JsonWriter json, string destination, string type, string source, params ReadOnlySpan<string> options)
    {
        json.WriteStartObject();
        json.WriteString("destination", destination);
        json.WriteString("type", type);
        json.WriteString("source", source);
        if (options.Length > 0)
        {
            WriteTexts(json, "options", options);
        }
        json.WriteEndObject();
    }

    private static void WriteLinux(Utf8JsonWriter json, bool rootless, bool cgroupNamespace, uint uid, uint gid)
    {
        json.WriteStartObject("linux");
        if (rootless)
        {
            WriteMapping(json, "uidMappings", uid);
            WriteMapping(json, "gidMappings", gid);
        }
        else
        {
            WriteResources(json);
        }
        json.WriteStartArray("namespaces");
        WriteNamespace(json, "pid", true);
        WriteNamespace(json, "network", !rootless);
        WriteNamespace(json, "ipc", true);
        WriteNamespace(json, "uts", true);
        WriteNamespace(json, "mount", true);
        WriteNamespace(json, "cgroup", cgroupNamespace);
        WriteNamespace(json, "user", rootless);
        json.WriteEndArray();
        WriteTexts(
            json, "maskedPaths", "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
            "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi");
        WriteTexts(json, "readonlyPaths", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");
        json.WriteEndObject();
    }

    private static void WriteMapping(Utf8JsonWriter json, string name, uint hostId)
    {
        json.WriteStartArray(name);
        json.WriteStartObject();
        json.WriteNumber("containerID", 0);
        json.WriteNumber("hostID", hostId);
        json.WriteNumber("size", 1);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteResources(Utf8JsonWriter json)
    {
        json.WriteStartObject("resources");
        json.WriteStartArray("devices");
        json.WriteStartObject();
        json.WriteBoolean("allow", false);
        json.WriteString("access", "rwm");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNamespace(Utf8JsonWriter json, string type, bool wanted)
    {
        if (wanted)
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteEndObject();
        }
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, params ReadOnlySpan<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }
        json.WriteEndArray();
    }
}
