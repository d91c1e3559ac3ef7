using System.Collections.Generic;
using System.Globalization;

namespace SharpRun.Bench;

/// <summary>`Bench --work DIR [--rounds N] [--list N] [--memory] [--absolute] NAME=PATH …`, as bench.sh calls it.</summary>
sealed record Options(string Work, int Rounds, int Listed, bool Memory, bool Absolute, List<string> Peers)
{
    public static Options Parse(string[] args)
    {
        Options options = new("", 60, 50, false, false, []);
        for (int i = 0; i < args.Length; i++)
        {
            options = args[i] switch
            {
                "--work" => options with { Work = Value(args, ref i) },
                "--rounds" => options with { Rounds = Number(args, ref i) },
                "--list" => options with { Listed = Number(args, ref i) },
                "--memory" => options with { Memory = true },
                "--absolute" => options with { Absolute = true },
                _ => options.WithPeer(args[i]),
            };
        }
        return options.Work.Length > 0 && options.Peers.Count > 0
            ? options
            : throw new BenchError("--work DIR and at least one NAME=PATH are needed");
    }

    Options WithPeer(string word)
    {
        Peers.Add(word);
        return this;
    }

    static string Value(string[] args, ref int i) =>
        ++i < args.Length ? args[i] : throw new BenchError($"{args[i - 1]} needs a value");

    static int Number(string[] args, ref int i)
    {
        string word = Value(args, ref i);
        return int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
            ? number
            : throw new BenchError($"{args[i - 1]}: \"{word}\" is not a number above 0");
    }
}
