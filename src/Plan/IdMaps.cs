using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace SharpRun.Planning;

/// <summary>The maps of a new user namespace, and who may write them.</summary>
public sealed record IdMaps(IReadOnlyList<IdMapping> Uids, IReadOnlyList<IdMapping> Gids)
{
    /// <summary>By newuidmap and newgidmap: an ordinary user may write no more than one line, of itself (user_namespaces(7)).</summary>
    public bool UidsByTool { get; init; }
    public bool GidsByTool { get; init; }

    /// <summary>Who gives itself the map of its own gid must give setgroups(2) up, by which a group that is denied something could be left
    /// (CVE-2014-8989).</summary>
    public bool DenySetgroups { get; init; }

    /// <summary>The file's text: "0 100000 65536", a line each.</summary>
    public static string Text(IReadOnlyList<IdMapping> mappings)
    {
        var text = new StringBuilder();
        foreach (var mapping in mappings)
        {
            text.Append(CultureInfo.InvariantCulture, $"{mapping.ContainerId} {mapping.HostId} {mapping.Size}\n");
        }
        return text.ToString();
    }

    internal void Describe(StringBuilder text)
    {
        var line = CultureInfo.InvariantCulture;
        if (DenySetgroups)
        {
            text.Append("parent: deny setgroups\n");
        }
        text.Append(line, $"parent: {(UidsByTool ? "map uids by newuidmap" : "map uids")} {OneLine(Uids)}\n");
        text.Append(line, $"parent: {(GidsByTool ? "map gids by newgidmap" : "map gids")} {OneLine(Gids)}\n");
    }

    internal static string OneLine(IReadOnlyList<IdMapping> mappings) => Text(mappings).TrimEnd('\n').Replace("\n", ", ", System.StringComparison.Ordinal);
}
