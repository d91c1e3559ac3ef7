using System;
using System.Collections.Generic;

namespace SharpRun.Bench;

/// <summary>All figures of one run, by row and peer.</summary>
sealed class Samples
{
    readonly Dictionary<(string Row, string Peer), List<double>> _values = [];
    readonly List<string> _rows = [];

    public IReadOnlyList<string> Rows => _rows;

    public void Add(string row, Peer peer, double value)
    {
        if (!_rows.Contains(row))
        {
            _rows.Add(row);
        }
        if (!_values.TryGetValue((row, peer.Name), out List<double>? list))
        {
            _values[(row, peer.Name)] = list = [];
        }
        list.Add(value);
    }

    /// <summary>The value below which this share of the figures lies (0.5: the median); null if none was taken.</summary>
    public double? Quantile(string row, Peer peer, double share)
    {
        if (!_values.TryGetValue((row, peer.Name), out List<double>? list))
        {
            return null;
        }
        double[] sorted = [.. list];
        Array.Sort(sorted);
        double place = share * (sorted.Length - 1);
        int below = (int)place;
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }

    public double? Median(string row, Peer peer) => Quantile(row, peer, 0.5);
}
