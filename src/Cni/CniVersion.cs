using System;
using System.Collections.Generic;

namespace SharpRun.Cni;

/// <summary>Versions of the specification, in their own order.</summary>
public static class CniVersion
{
    public const string Current = "1.1.0";

    /// <summary>0.1.0 and 0.2.0 know one address of each family alone, in a form of their own; they are refused.</summary>
    public static IReadOnlyList<string> Supported { get; } = ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];

    public static bool IsSupported(string version) => IndexOf(version) >= 0;

    /// <summary>Both are supported ones.</summary>
    public static bool IsAtLeast(string version, string least) => IndexOf(version) >= IndexOf(least);

    private static int IndexOf(string version)
    {
        for (var i = 0; i < Supported.Count; i++)
        {
            if (Supported[i] == version)
            {
                return i;
            }
        }
        return -1;
    }

    /// <summary>The answer to VERSION.</summary>
    public static byte[] ToDocument() => Json.JsonText.Of(json =>
    {
        json.WriteStartObject();
        json.WriteString("cniVersion", Current);
        Json.JsonText.WriteTexts(json, "supportedVersions", Supported);
        json.WriteEndObject();
    });

    /// <summary>The version of a network's configuration; none is 0.1.0, as the specification has it.</summary>
    public static string Require(string? version) => CniCheck.VersionIsSupported.Passes(IsSupported(version ?? ""))
        ? version!
        : throw new CniError(CniCode.IncompatibleVersion, $"incompatible CNI versions: the configuration is of {version ?? "0.1.0 (no cniVersion is given)"}, "
            + $"{string.Join(", ", Supported)} are supported");
}
