using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using SharpRun.Oci;

namespace SharpRun.Image.Bundle;

/// <summary>Labels become annotations, and so do some words of the config; labels win (image-spec, conversion.md).</summary>
static class ImageAnnotations
{
    private const string Prefix = "org.opencontainers.image.";

    // A runtime or a manager does something on the host when it sees these, and an image may not ask for that (CVE-2026-47262 and its kin):
    // sharprun's and runc's systemd properties, crun's handlers and hooks, Kata's, devices by CDI.
    private static readonly string[] s_unsafe = ["org.systemd.property.", "run.oci.", "io.katacontainers.", "cdi.k8s.io/"];

    public static OrderedDictionary<string, string> Of(ImageConfig image, Action<string> warn)
    {
        var annotations = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        Add("os", image.Platform.Os);
        Add("architecture", image.Platform.Architecture);
        Add("variant", image.Platform.Variant);
        Add("os.version", image.Unknown.Find("os.version") is { ValueKind: JsonValueKind.String } version ? version.GetString() : null);
        Add("os.features", Features(image.Unknown.Find("os.features")));
        Add("author", image.Author);
        Add("created", image.Created);
        Add("stopSignal", image.Config.StopSignal);
        Add("exposedPorts", string.Join(',', (image.Config.ExposedPorts ?? []).Order(StringComparer.Ordinal)));
        foreach (var (name, value) in image.Config.Labels ?? new Dictionary<string, string>())
        {
            if (name.Length == 0 || s_unsafe.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
            {
                warn($"the image's label \"{name}\" is left out: {(name.Length == 0 ? "an annotation has a name" : "it would change what the runtime does")}");
                continue;
            }
            annotations[name] = value;
        }
        return annotations;

        void Add(string name, string? value)
        {
            if (value is { Length: > 0 })
            {
                annotations[Prefix + name] = value;
            }
        }
    }

    private static string? Features(JsonElement? features) => features is { ValueKind: JsonValueKind.Array } array
        ? string.Join(',', array.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.String).Select(one => one.GetString()))
        : null;
}
