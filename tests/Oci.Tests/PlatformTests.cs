using System.Collections.Generic;
using System.Linq;
using SharpRun.Json;
using Xunit;

namespace SharpRun.Oci.Tests;

public class PlatformTests
{
    [Theory]
    [InlineData("linux/amd64", "linux/arm64 linux/amd64 linux/amd64", 1)]
    [InlineData("linux/amd64", "linux/amd64/v2 linux/amd64", 1)]
    [InlineData("linux/amd64", "linux/amd64/v2 linux/amd64/v1", 1)]
    [InlineData("linux/amd64/v3", "linux/amd64 linux/amd64/v2 linux/amd64/v4", 1)]
    [InlineData("linux/amd64/v3", "linux/amd64 linux/amd64/v3", 1)]
    [InlineData("linux/arm64", "linux/arm/v7 linux/arm64", 1)]
    [InlineData("linux/arm64", "linux/arm64/v8", 0)]
    [InlineData("linux/arm64/v8", "linux/arm64", 0)]
    [InlineData("linux/arm64/v9", "linux/arm64", 0)]
    [InlineData("linux/arm64/8", "linux/arm64/v8", 0)]
    [InlineData("linux/arm/v7", "linux/arm/v5 linux/arm/v6 linux/arm/v8", 1)]
    [InlineData("linux/arm", "linux/arm/v5 linux/arm/v7", 1)]
    [InlineData("linux/arm/v6", "linux/arm/v7 linux/arm/v5", 1)]
    [InlineData("linux/aarch64", "linux/arm64", 0)]
    [InlineData("linux/x86_64", "linux/amd64", 0)]
    [InlineData("linux/riscv64", "linux/s390x linux/riscv64", 1)]
    [InlineData("windows/amd64", "linux/amd64 windows/amd64", 1)]
    [InlineData("linux/amd64", "unknown/unknown linux/amd64", 1)]
    [InlineData("linux/amd64", "- linux/amd64", 1)]
    [InlineData("linux/amd64", "linux/arm64 -", 1)]
    [InlineData("linux/amd64", "linux/arm64 artifact -", 2)]
    public void The_first_entry_of_the_best_variant_is_taken(string wanted, string entries, int expected)
    {
        var index = IndexOf(entries);
        Assert.Same(index.Manifests[expected], PlatformChoice.Choose(index, Platform.Parse(wanted), "x"));
    }

    [Theory]
    [InlineData("linux/amd64", "linux/arm64 unknown/unknown linux/amd64/v3 linux/arm64",
        "x has no image for linux/amd64, only for linux/arm64, linux/amd64/v3")]
    [InlineData("linux/arm/v6", "linux/arm/v7", "x has no image for linux/arm/v6, only for linux/arm/v7")]
    [InlineData("unknown/unknown", "", "x has no image for unknown/unknown, only for nothing")]
    [InlineData("linux/amd64", "artifact", "x has no image for linux/amd64, only for nothing")]
    public void Without_a_match_the_error_lists_what_there_is(string wanted, string entries, string expected) =>
        Assert.Equal(expected, Assert.ThrowsAny<JsonError>(() => PlatformChoice.Choose(IndexOf(entries), Platform.Parse(wanted), "x")).Message);

    [Theory]
    [InlineData("linux/arm/v6", "linux/arm/v7", true)]
    [InlineData("linux/arm/v7", "linux/arm/v6", false)]
    [InlineData("linux/amd64", "linux/amd64/v3", true)]
    [InlineData("linux/386", "linux/amd64", false)]
    [InlineData("linux/ppc64le/power8", "linux/ppc64le", false)]
    public void An_older_variant_runs_on_a_newer_processor(string offered, string wanted, bool matches) =>
        Assert.Equal(matches, PlatformChoice.Matches(Platform.Parse(offered), Platform.Parse(wanted)));

    [Theory]
    [InlineData("linux")]
    [InlineData("linux/")]
    [InlineData("a/b/c/d")]
    [InlineData("")]
    public void What_is_no_platform_is_refused(string text) => Assert.ThrowsAny<JsonError>(() => Platform.Parse(text));

    private static ImageIndex IndexOf(string entries) => new() { Manifests = [.. Entries(entries)] };

    private static IEnumerable<Descriptor> Entries(string entries) => entries.Split(' ', System.StringSplitOptions.RemoveEmptyEntries)
        .Select(entry => new Descriptor(MediaTypes.Manifest, Digest.Of([]), 1)
        {
            Platform = entry is "-" or "artifact" ? null : Platform.Parse(entry),
            ArtifactType = entry == "artifact" ? "a/b" : null,
        });
}
