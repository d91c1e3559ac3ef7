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
    public double? Quantile(string row, Peer peer, double share) =>
        _values.TryGetValue((row, peer.Name), out List<double>? list) ? Quantile(list, share) : null;

    static double Quantile(List<double> list, double share)
    {
        double[] sorted = [.. list];
        Array.Sort(sorted);
        double place = share * (sorted.Length - 1);
        int below = (int)place;
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }

    /// <summary>The median of what one row takes more than another in the same round; null if one of them was not taken.</summary>
    public double? MedianDifference(string more, string less, Peer peer)
    {
        if (!_values.TryGetValue((more, peer.Name), out List<double>? upper) || !_values.TryGetValue((less, peer.Name), out List<double>? lower))
        {
            return null;
        }
        List<double> differences = [];
        for (int i = 0; i < Math.Min(upper.Count, lower.Count); i++)
        {
            differences.Add(upper[i] - lower[i]);
        }
        return Quantile(differences, 0.5);
    }

    public double? Median(string row, Peer peer) => Quantile(row, peer, 0.5);
}
