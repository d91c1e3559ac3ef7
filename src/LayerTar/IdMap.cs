using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using SharpRun.CommandLine;

namespace SharpRun.LayerTar;

/// <summary>Which id of the host a container's id is: --uid-map or --gid-map C:H:N, as umoci's, newuidmap(1)'s and /proc/PID/uid_map's lines.
/// Without a range every id is itself.</summary>
public sealed class IdMap
{
    public readonly record struct Range(uint Container, uint Host, uint Count);

    public IReadOnlyList<Range> Ranges => _ranges;

    private readonly List<Range> _ranges = [];

    public static IdMap Identity { get; } = new();

    public bool IsIdentity => _ranges.Count == 0;

    /// <summary>Of all values of a flag.</summary>
    public static IdMap Parse(string flag, IReadOnlyList<string> texts)
    {
        var map = new IdMap();
        foreach (var text in texts)
        {
            map.Add(flag, text);
        }
        return map;
    }

    /// <summary>The host's id, or null: it is outside of the map, or no id at all.</summary>
    public uint? ToHost(long id)
    {
        if (TreeCheck.IdIsOne.Fails(id is < 0 or >= uint.MaxValue))
        {
            return null;
        }
        if (IsIdentity)
        {
            return (uint)id;
        }
        foreach (var range in _ranges)
        {
            if (id >= range.Container && TreeCheck.IdIsInItsRange.Passes(id - range.Container < range.Count))
            {
                return (uint)(range.Host + (id - range.Container));
            }
        }
        return null;
    }

    /// <summary>The container's id, or null: nobody there has it.</summary>
    public uint? ToContainer(uint id)
    {
        if (IsIdentity)
        {
            return id;
        }
        foreach (var range in _ranges)
        {
            if (id >= range.Host && id - range.Host < range.Count)
            {
                return range.Container + (id - range.Host);
            }
        }
        return null;
    }

    /// <summary>The ranges as --uid-map has them, one each.</summary>
    public IEnumerable<string> Words() => IsIdentity ? [] : ToString().Split(',');

    /// <summary>"0:100000:65536,65536:1000:1".</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var range in _ranges)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(text.Length > 0 ? "," : "")}{range.Container}:{range.Host}:{range.Count}");
        }
        return text.ToString();
    }

    private void Add(string flag, string text)
    {
        var words = text.Split(':');
        // uint.MaxValue is no id (chown(2): leave it as it is).
        if (words.Length != 3 || !TryId(words[0], out var container) || !TryId(words[1], out var host) || !TryId(words[2], out var count)
            || count == 0 || (ulong)container + count > uint.MaxValue || (ulong)host + count > uint.MaxValue)
        {
            throw new UsageError($"invalid value \"{text}\" for --{flag}: CONTAINER:HOST:COUNT, three numbers, is expected");
        }
        foreach (var range in _ranges)
        {
            if (TreeCheck.IdRangesAreApart.Fails(Overlap(range.Container, range.Count, container, count) || Overlap(range.Host, range.Count, host, count)))
            {
                throw new UsageError($"invalid value \"{text}\" for --{flag}: it overlaps {range.Container}:{range.Host}:{range.Count}");
            }
        }
        _ranges.Add(new Range(container, host, count));
    }

    private static bool Overlap(uint a, uint aCount, uint b, uint bCount) => a < (ulong)b + bCount && b < (ulong)a + aCount;

    private static bool TryId(string word, out uint id) => uint.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out id);
}
