using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text.Encodings.Web;
using System.Text.Json;
using SharpRun.CommandLine;
using SharpRun.Parent;
using SharpRun.Planning;
using SharpRun.State;

namespace SharpRun.Cli;

/// <summary>features: what this build can do, whatever the machine (runtime-spec, features.md). Nothing is listed by hand that the code has a table
/// of: a property that is deleted from NotYet appears here.</summary>
static class Features
{
    /// <summary>Annotations that change what a container is, so that a manager should not take them from an image. Whoever honours one adds it here; one
    /// that ends with a dot stands for all that begin so.</summary>
    internal static string[] UnsafeAnnotations { get; } = [UnitAnnotations.Prefix];

    public static Command Command => new("features", "", "print what this version supports, as JSON", [], Act)
    {
        LeastWords = 0,
        MostWords = 0,
    };

    private static int Act(Arguments arguments, GlobalOptions globals, Log log)
    {
        Output.Write(Json());
        return 0;
    }

    internal static byte[] Json()
    {
        var buffer = new ArrayBufferWriter<byte>(8192);
        var options = new JsonWriterOptions { Indented = true, IndentSize = 4, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            json.WriteStartObject();
            json.WriteString("ociVersionMin"u8, "1.0.0"u8);
            json.WriteString("ociVersionMax"u8, Version.Specification);
            StateFile.WriteTexts(json, "hooks"u8, Array.ConvertAll(Hooks.Kinds, kind => kind.Word()));
            StateFile.WriteTexts(json, "mountOptions"u8, MountOptions.Known);
            json.WriteStartObject("linux"u8);
            WriteLinux(json);
            json.WriteEndObject();
            json.WriteStartObject("annotations"u8);
            json.WriteString("org.sharprun.checkpoint.enabled"u8, "false"u8);
            json.WriteString("org.sharprun.commit"u8, BuildInfo.Commit);
            json.WriteString("org.sharprun.version"u8, BuildInfo.Version);
            json.WriteEndObject();
            StateFile.WriteTexts(json, "potentiallyUnsafeConfigAnnotations"u8, UnsafeAnnotations);
            json.WriteEndObject();
        }
        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteLinux(Utf8JsonWriter json)
    {
        var namespaces = new List<string>();
        for (var type = NamespaceType.Pid; type <= NamespaceType.Time; type++)
        {
            namespaces.Add(type.Word());
        }
        namespaces.Sort(StringComparer.Ordinal);
        StateFile.WriteTexts(json, "namespaces"u8, namespaces);
        StateFile.WriteTexts(json, "capabilities"u8, Capabilities.Names.ToArray());
        json.WriteStartObject("cgroup"u8);
        json.WriteBoolean("v1"u8, true);
        json.WriteBoolean("v2"u8, true);
        json.WriteBoolean("systemd"u8, true);
        json.WriteBoolean("systemdUser"u8, true);
        json.WriteBoolean("rdma"u8, true);
        json.WriteEndObject();
        json.WriteStartObject("seccomp"u8);
        WriteSeccomp(json);
        json.WriteEndObject();
        WriteEnabled(json, "apparmor"u8, true);
        WriteEnabled(json, "selinux"u8, true);
        WriteEnabled(json, "intelRdt"u8, !NotYet.Has(NotYet.Linux, "intelRdt"));
        json.WriteStartObject("mountExtensions"u8);
        WriteEnabled(json, "idmap"u8, true);
        json.WriteEndObject();
        WriteEnabled(json, "netDevices"u8, !NotYet.Has(NotYet.Linux, "netDevices"));
    }

    private static void WriteSeccomp(Utf8JsonWriter json)
    {
        var flags = Array.ConvertAll(SeccompWords.Flags, flag => flag.Word);
        json.WriteBoolean("enabled"u8, true);
        StateFile.WriteTexts(json, "actions"u8, Array.ConvertAll(SeccompWords.Actions, action => action.Word));
        StateFile.WriteTexts(json, "operators"u8, Array.ConvertAll(SeccompWords.Operators, operation => operation.Word));
        StateFile.WriteTexts(json, "archs"u8, Array.ConvertAll(SeccompCompiler.Architectures, architecture => architecture.Word));
        StateFile.WriteTexts(json, "knownFlags"u8, flags);
        StateFile.WriteTexts(json, "supportedFlags"u8, flags);
    }

    private static void WriteEnabled(Utf8JsonWriter json, ReadOnlySpan<byte> name, bool isEnabled)
    {
        json.WriteStartObject(name);
        json.WriteBoolean("enabled"u8, isEnabled);
        json.WriteEndObject();
    }
}
