using System;
using System.Runtime.InteropServices;

namespace SharpRun.Oci;

/// <summary>"linux/arm64/v8": the words of GOOS and GOARCH (image-spec, image-index.md, "platform").</summary>
public sealed record Platform(string Os, string Architecture, string? Variant = null)
{
    /// <summary>Of this machine.</summary>
    public static Platform Host { get; } = new("linux", RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64");

    public static Platform Parse(string text)
    {
        var words = text.Split('/');
        return words.Length is 2 or 3 && Array.TrueForAll(words, word => word.Length > 0)
            ? new Platform(words[0], words[1], words.Length == 3 ? words[2] : null)
            : throw new ImageError($"\"{text}\" is no platform: OS/ARCH or OS/ARCH/VARIANT is expected");
    }

    public override string ToString() => Variant is null ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";
}
