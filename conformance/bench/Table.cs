using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace SharpRun.Bench;

/// <summary>Markdown, as README shows it.</summary>
static class Table
{
    /// <summary>Ratios of the first peer to each other one, and the base's own times for scale.</summary>
    public static string Times(Samples samples, IReadOnlyList<Peer> peers, Peer baseline)
    {
        Peer subject = peers[0];
        List<string> header = ["operation"];
        foreach (Peer other in Others(peers))
        {
            header.Add($"{subject.Name} / {other.Name}");
        }
        header.Add($"{baseline.Name}, ms (quartiles)");
        List<string[]> lines = [[.. header]];
        foreach (string row in samples.Rows)
        {
            List<string> line = [row];
            foreach (Peer other in Others(peers))
            {
                line.Add(Ratio(samples.Median(row, subject), samples.Median(row, other)));
            }
            string low = Number(samples.Quantile(row, baseline, 0.25));
            string high = Number(samples.Quantile(row, baseline, 0.75));
            line.Add($"{Number(samples.Median(row, baseline))} ({low}–{high})");
            lines.Add([.. line]);
        }
        return Markdown(lines);
    }

    /// <summary>Every peer's own median; <paramref name="unit"/> divides the figures.</summary>
    public static string Absolute(Samples samples, IReadOnlyList<Peer> peers, string title, double unit)
    {
        List<string> header = [title];
        foreach (Peer peer in peers)
        {
            header.Add(peer.Name);
        }
        List<string[]> lines = [[.. header]];
        foreach (string row in samples.Rows)
        {
            List<string> line = [row];
            foreach (Peer peer in peers)
            {
                line.Add(Number(samples.Median(row, peer) / unit));
            }
            lines.Add([.. line]);
        }
        return Markdown(lines);
    }

    public static string Number(double? value) => value switch
    {
        null => "–",
        < 100 => value.Value.ToString("0.00", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("#,0", CultureInfo.InvariantCulture),
    };

    static List<Peer> Others(IReadOnlyList<Peer> peers)
    {
        List<Peer> others = [.. peers];
        others.RemoveAt(0);
        return others;
    }

    static string Ratio(double? value, double? to) => value is null || to is null ? "–" : Number(value / to);

    static string Markdown(List<string[]> lines)
    {
        StringBuilder text = new();
        for (int i = 0; i < lines.Count; i++)
        {
            text.Append("| ").AppendJoin(" | ", lines[i]).Append(" |\n");
            if (i == 0)
            {
                text.Append("|---").Insert(text.Length, "|---", lines[0].Length - 1).Append("|\n");
            }
        }
        return text.ToString();
    }
}
