using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text.Json;
using SharpRun.Json;

namespace SharpRun.Oci;

/// <summary>"linux/arm64/v8": the words of GOOS and GOARCH (image-spec, image-index.md, "platform").</summary>
public sealed record Platform(string Os, string Architecture, string? Variant = null)
{
    private static readonly string[] s_known = ["os", "architecture", "variant"];

    /// <summary>Of this machine.</summary>
    public static Platform Host { get; } =
        new("linux", RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64");

    /// <summary>os.version, os.features and what others have added.</summary>
    public Members Unknown { get; init; } = Members.None;

    /// <summary>A provenance or the like, put into an index beside the images by builders: not to be run.</summary>
    public bool IsUnknown => Os == "unknown" && Architecture == "unknown";

    public static Platform Parse(string text)
    {
        var words = text.Split('/');
        return words.Length is 2 or 3 && Array.TrueForAll(words, word => word.Length > 0)
            ? new Platform(words[0], words[1], words.Length == 3 ? words[2] : null)
            : throw new ImageError($"\"{text}\" is no platform: OS/ARCH or OS/ARCH/VARIANT is expected");
    }

    internal static Platform Parse(JsonPart part)
    {
        var fields = new Fields(part, s_known);
        return new Platform(fields.Text("os") ?? "", fields.Text("architecture") ?? "", fields.Text("variant")) { Unknown = fields.Unknown };
    }

    internal void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("architecture", Architecture);
        json.WriteString("os", Os);
        json.WriteOptional("variant", Variant);
        Unknown.WriteTo(json);
        json.WriteEndObject();
    }

    public override string ToString() => Variant is null ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";
}
