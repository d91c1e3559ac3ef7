using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace SharpRun.Oci;

/// <summary>Which entry of an index is taken (image-spec, image-index.md: of several that match, the first).</summary>
public static class PlatformChoice
{
    /// <summary>Name is the image's, for the error, which lists what there is.</summary>
    public static Descriptor Choose(ImageIndex index, Platform wanted, string name)
    {
        foreach (var variant in Variants(wanted))
        {
            foreach (var entry in index.Manifests)
            {
                if (entry.Platform is { } offered && offered.Os == wanted.Os && Architecture(offered) == Architecture(wanted) && Variant(offered) == variant)
                {
                    return entry;
                }
            }
        }
        // Who gives no platform has but one image, or keeps its platform in the config. What hangs on an image is none.
        return index.Manifests.FirstOrDefault(entry => entry.Platform is null && entry.ArtifactType is null)
            ?? throw new ImageError($"{name} has no image for {wanted}, only for {Offered(index)}");
    }

    /// <summary>Does what is offered run where this is wanted? The processor's older variants do.</summary>
    public static bool Matches(Platform offered, Platform wanted) =>
        offered.Os == wanted.Os && Architecture(offered) == Architecture(wanted) && Variants(wanted).Contains(Variant(offered));

    private static string Offered(ImageIndex index)
    {
        var platforms = index.Manifests.Where(entry => entry.Platform is { IsUnknown: false }).Select(entry => entry.Platform!.ToString()).Distinct().ToList();
        return platforms.Count == 0 ? "nothing" : string.Join(", ", platforms);
    }

    // uname's words are written by some builders instead of GOARCH's.
    private static string Architecture(Platform platform) => platform.Architecture switch
    {
        "x86_64" or "x86-64" => "amd64",
        "aarch64" => "arm64",
        "armhf" or "armel" => "arm",
        "i386" => "386",
        var other => other,
    };

    /// <summary>The best one first. "" stands for the architecture's first variant.</summary>
    private static List<string> Variants(Platform wanted)
    {
        var variant = Variant(wanted);
        var variants = new List<string> { variant };
        if (Architecture(wanted) is not ("amd64" or "arm" or "arm64") || Number(variant) is not { } number)
        {
            return variants;
        }
        for (var older = number - 1; older >= Oldest(wanted); older--)
        {
            variants.Add(older == 1 ? "" : $"v{older}");
        }
        if (Architecture(wanted) == "arm64" && !variants.Contains("v8"))
        {
            variants.Add("v8");
        }
        return variants.Distinct().ToList();
    }

    private static int Oldest(Platform platform) => Architecture(platform) switch
    {
        "arm" => 5,
        "arm64" => 8,
        _ => 1,
    };

    // arm64 is v8, arm is v7 unless it says more, amd64 is v1; "8" is meant for "v8".
    private static string Variant(Platform platform)
    {
        var variant = platform.Variant is { Length: > 0 } given ? char.IsAsciiDigit(given[0]) ? "v" + given : given : "";
        return (Architecture(platform), variant) switch
        {
            ("arm64", "") => "v8",
            ("arm", "") => platform.Architecture == "armel" ? "v6" : "v7",
            ("amd64", "v1") => "",
            _ => variant,
        };
    }

    // "v8.1" is newer than v8, and older than v9.
    private static int? Number(string variant)
    {
        if (variant.Length == 0)
        {
            return 1;
        }
        var end = variant.IndexOf('.', StringComparison.Ordinal);
        return int.TryParse(variant.AsSpan(1, (end < 0 ? variant.Length : end) - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 100
            ? number : null;
    }
}
