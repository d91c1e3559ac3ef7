using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text.Encodings.Web;
using System.Text.Json;
using SharpRun.Json;

namespace SharpRun.Image.Bundle;

/// <summary>config.json: the image's wishes (image-spec, conversion.md) within docker's defaults. Indented by tabs, as `sharprun spec` writes it.</summary>
static partial class BundleDocument
{
    // Nothing in it is newer, and older runtimes refuse a version that they do not know (crun 1.8).
    private const string OciVersion = "1.0.2";

    public static byte[] Write(BundleParts parts)
    {
        var buffer = new ArrayBufferWriter<byte>(16384);
        var options = new JsonWriterOptions
        {
            Indented = true,
            IndentCharacter = '\t',
            IndentSize = 1,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            json.WriteStartObject();
            json.WriteString("ociVersion", OciVersion);
            WriteProcess(json, parts);
            json.WriteStartObject("root");
            json.WriteString("path", parts.Request.Rootfs ?? BundleDirectory.Rootfs);
            if (parts.Request.IsReadOnly)
            {
                json.WriteBoolean("readonly", true);
            }
            json.WriteEndObject();
            json.WriteString("hostname", parts.HostName);
            WriteMounts(json, parts);
            json.WriteStartObject("annotations");
            foreach (var (name, value) in parts.Annotations)
            {
                json.WriteString(name, value);
            }
            json.WriteEndObject();
            WriteLinux(json, parts);
            json.WriteEndObject();
        }
        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteProcess(Utf8JsonWriter json, BundleParts parts)
    {
        json.WriteStartObject("process");
        if (parts.Request.HasTerminal)
        {
            json.WriteBoolean("terminal", true);
        }
        json.WriteStartObject("user");
        json.WriteNumber("uid", parts.User.Uid);
        json.WriteNumber("gid", parts.User.Gid);
        if (parts.User.Groups.Count > 0)
        {
            json.WriteStartArray("additionalGids");
            foreach (var group in parts.User.Groups)
            {
                json.WriteNumberValue(group);
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
        WriteTexts(json, "args", parts.Arguments);
        WriteTexts(json, "env", parts.Environment);
        json.WriteString("cwd", parts.WorkingDirectory);
        json.WriteStartObject("capabilities");
        WriteTexts(json, "bounding", parts.Capabilities);
        // What is not root gets its powers from the files that it executes, as execve(2) would have it. Never inheritable (CVE-2022-24769).
        var held = parts.User.Uid == 0 ? parts.Capabilities : [];
        WriteTexts(json, "effective", held);
        WriteTexts(json, "permitted", held);
        json.WriteEndObject();
        json.WriteNumber("oomScoreAdj", 0);
        json.WriteEndObject();
    }

    private static void WriteMounts(Utf8JsonWriter json, BundleParts parts)
    {
        var access = parts.Request.IsPrivileged ? "rw" : "ro";
        json.WriteStartArray("mounts");
        WriteMount(json, "/proc", "proc", "proc", "nosuid", "noexec", "nodev");
        WriteMount(json, "/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k");
        WriteMount(json, "/dev/pts", "devpts", "devpts", Terminals(parts.Request));
        WriteMount(json, "/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", access);
        WriteMount(json, "/sys/fs/cgroup", "cgroup", "cgroup", access, "nosuid", "noexec", "nodev");
        WriteMount(json, "/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev");
        WriteMount(json, "/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=67108864");
        foreach (var mount in parts.Mounts)
        {
            WriteMount(json, mount.Destination, "bind", mount.Source!, [.. mount.Options]);
        }
        json.WriteEndArray();
    }

    // The group tty, 5 with every distribution, if the container has a gid 5 at all.
    private static string[] Terminals(BundleRequest request)
    {
        var hasTty = request.GidMaps.Count == 0;
        foreach (var map in request.GidMaps)
        {
            hasTty |= map.Container <= 5 && 5 - map.Container < map.Count;
        }
        string[] options = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"];
        return hasTty ? [.. options, "gid=5"] : options;
    }

    private static void WriteMount(Utf8JsonWriter json, string destination, string type, string source, params string[] options)
    {
        json.WriteStartObject();
        json.WriteString("destination", destination);
        json.WriteString("type", type);
        json.WriteString("source", source);
        WriteTexts(json, "options", options);
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }
        json.WriteEndArray();
    }
}
