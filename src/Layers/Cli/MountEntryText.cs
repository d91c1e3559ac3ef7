using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using SharpRun.Json;
using SharpRun.Layers.Drivers;
using SharpRun.Layers.Unions;
using SharpRun.LayerStore;
using SharpRun.Linux;

namespace SharpRun.Layers.Cli;

/// <summary>A union as an entry for "mounts" of config.json: the runtime mounts it in the container's own mount namespace, and it is gone with that.</summary>
static class MountEntryText
{
    // fsconfig(2) takes 256 bytes of a text with its final zero.
    private const int LongestValue = 255;

    public static void Write(Union union, string destination)
    {
        var (type, source, options) = union.Record.Driver == DriverKind.Overlay
            ? ("overlay", "overlay", OverlayOptions(union))
            : ("bind", $"{union.Path}/upper", ["rbind"]);
        Results.WriteJson(json =>
        {
            json.WriteStartObject();
            json.WriteString("destination", destination);
            json.WriteString("type", type);
            json.WriteString("source", source);
            json.WriteTexts("options", options);
            json.WriteEndObject();
        });
    }

    private static List<string> OverlayOptions(Union union)
    {
        using var lowers = LowerTrees.Of(union.Paths, union.Record);
        var upper = union.OpenDirectory("upper");
        var needsUserAttributes = OverlayMount.NeedsUserAttributes(upper);
        Sys.Close(upper);
        return
        [
            .. Lowers(union, [.. lowers.Paths.Reverse()], OverlayMount.TakesLowersOneByOne()),
            $"upperdir={Checked(union, $"{union.Path}/upper")}",
            $"workdir={Checked(union, $"{union.Path}/work")}",
            .. OverlayMount.Options(needsUserAttributes),
        ];
    }

    // The uppermost first.
    internal static List<string> Lowers(Union union, List<string> paths, bool oneByOne)
    {
        if (oneByOne)
        {
            return paths.ConvertAll(path => $"lowerdir+={Checked(union, path)}");
        }
        var all = string.Join(':', paths.Select(path => Checked(union, path, ":")));
        return UnionCheck.LowersFitInOneOption.Passes(Encoding.UTF8.GetByteCount(all) <= LongestValue) ? [$"lowerdir={all}"] : throw Refusal(union,
            $"this kernel wants the paths of all {paths.Count} lower directories in {LongestValue} bytes (from 6.8 on they may be given one by one)");
    }

    private static string Checked(Union union, string path, string separators = "")
    {
        // Runtimes split options at commas, and no two of them agree with the kernel on what a backslash means.
        if (UnionCheck.OptionHasNoSeparator.Fails(path.AsSpan().IndexOfAny($",\\{separators}") >= 0))
        {
            throw Refusal(union, $"an option of a mount cannot hold the path {path}");
        }
        return UnionCheck.OptionIsShort.Passes(Encoding.UTF8.GetByteCount(path) <= LongestValue)
            ? path
            : throw Refusal(union, $"the path {path} is longer than the {LongestValue} bytes that an option may have");
    }

    private static JsonError Refusal(Union union, string reason) => new($"mount --print {union.Name}: {reason}: mount it, and bind the mounted directory");
}
