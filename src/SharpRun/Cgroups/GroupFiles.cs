using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Cgroups;

/// <summary>The files of one group, for reading only. What a kernel does not have is empty or zero: no two count the same.</summary>
sealed class GroupFiles(string directory)
{
    private const int LongestFile = 1 << 20;

    public string Directory => directory;

    public bool Has(string file) => Sys.FaccessAt(Native.AT_FDCWD, new CString($"{directory}/{file}"), 0, 0) == Errno.OK;

    public string Text(string file)
    {
        var error = ProcFiles.ReadWhole(Native.AT_FDCWD, new CString($"{directory}/{file}"), LongestFile, out var bytes);
        // Not there; the group has just been removed; pressure is not counted on this machine.
        if (error is not (Errno.OK or Errno.ENOENT or Errno.ENODEV or Errno.EOPNOTSUPP))
        {
            error.Throw($"cgroup: read {directory}/{file}");
        }
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>"max" is the greatest number.</summary>
    public ulong Number(string file)
    {
        var text = Text(file).AsSpan().Trim();
        return text is "max" ? ulong.MaxValue : Parse(text);
    }

    public long SignedNumber(string file) =>
        long.TryParse(Text(file).AsSpan().Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <summary>Lines of a name and a number.</summary>
    public List<(string Name, ulong Value)> Pairs(string file)
    {
        var pairs = new List<(string, ulong)>();
        foreach (var line in Lines(file))
        {
            var blank = line.IndexOf(' ', StringComparison.Ordinal);
            if (blank > 0)
            {
                pairs.Add((line[..blank], Parse(line.AsSpan(blank + 1))));
            }
        }
        return pairs;
    }

    /// <summary>The numbers of a list such as "0-3,8".</summary>
    public List<ulong> List(string file)
    {
        var numbers = new List<ulong>();
        foreach (var part in Text(file).Trim().Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var dash = part.IndexOf('-', StringComparison.Ordinal);
            var first = Parse(dash < 0 ? part : part.AsSpan(0, dash));
            var last = dash < 0 ? first : Parse(part.AsSpan(dash + 1));
            for (var number = first; number <= last; number++)
            {
                numbers.Add(number);
            }
        }
        return numbers;
    }

    public string[] Lines(string file) => Text(file).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Null where pressure is not counted.</summary>
    public Pressure? Pressure(string file)
    {
        PressureLine some = default, full = default;
        var lines = Lines(file);
        foreach (var line in lines)
        {
            // "some avg10=0.00 avg60=0.00 avg300=0.00 total=0"
            var fields = line.Split(' ', '=');
            if (fields.Length < 9)
            {
                continue;
            }
            var values = new PressureLine(Decimal(fields[2]), Decimal(fields[4]), Decimal(fields[6]), Parse(fields[8]));
            (some, full) = fields[0] == "some" ? (values, full) : (some, values);
        }
        return lines.Length == 0 ? null : new Pressure(some, full);
    }

    public static ulong Find(List<(string Name, ulong Value)> pairs, string name) => pairs.Find(pair => pair.Name == name).Value;

    public static ulong Parse(ReadOnlySpan<char> text) =>
        ulong.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static double Decimal(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
