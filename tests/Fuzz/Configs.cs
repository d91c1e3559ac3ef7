using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading;
using CsCheck;
using SharpRun.Parent;
using Architecture = SharpRun.Seccomp.Architecture;

namespace SharpRun.Fuzz;

/// <summary>
/// Documents of spec/bundles, of the managers (../shared, when it is there) and of the corpus, changed in up to eight places, are read, judged and
/// planned. Each must become a plan or be refused by one sentence.
/// </summary>
static partial class Configs
{
    private static readonly ConcurrentDictionary<string, byte[]> s_answers = new();
    private static long s_plans, s_refusals;

    public static void Sample(int seconds, string? seed, bool keeps)
    {
        var documents = Documents(Watched.Root);
        foreach (var document in documents)
        {
            Try(document);
        }
        var known = s_answers.Keys.ToHashSet();
        Inputs(documents).Sample(Try, time: seconds, seed: seed, print: input => Watched.Save(input, "json"));
        if (keeps)
        {
            Keep(Path.Combine(Watched.Root, "tests", "Fuzz", "corpus"), s_answers.Where(answer => !known.Contains(answer.Key)).Select(answer => answer.Value));
        }
        Console.WriteLine($"# {s_plans} plans, {s_refusals} refusals in {s_answers.Count} kinds of sentences, from {documents.Length} documents");
    }

    private static Gen<byte[]> Inputs(byte[][] documents)
    {
        var edit = Gen.Select(Gen.Byte, Gen.UInt, Gen.UInt, (kind, place, choice) => new Edit(kind, place, choice));
        return Gen.Select(Gen.Int[0, documents.Length - 1], edit.Array[0, 8], (document, edits) =>
            edits.Aggregate(documents[document], (json, one) => one.Of(json, documents)));
    }

    // A record with its lists is some hundred bytes for a dozen of JSON, and there are three plans.
    private static void Try(byte[] input) => Watched.Run(input, "json", 4_000_000 + 400L * input.Length, () =>
    {
        var answer = Reading.AnswerTo(input, config => SeccompCompiler.Compile(config, Architecture.X86_64, debug: null));
        Interlocked.Increment(ref answer.Length == 0 ? ref s_plans : ref s_refusals);
        s_answers.TryAdd(Specific().Replace(answer, "*"), input);
    });

    // Quoted words, numbers and the place in the text.
    [GeneratedRegex("\".*\"|[0-9]+")]
    private static partial Regex Specific();

    private static void Keep(string corpus, IEnumerable<byte[]> inputs)
    {
        const int longest = 3000;
        foreach (var input in inputs.Where(input => input.Length <= longest))
        {
            File.WriteAllBytes(Path.Combine(corpus, Watched.Name(input, "json")), input);
        }
    }

    private static byte[][] Documents(string root)
    {
        string[] folders =
        [
            Path.Combine(root, "spec", "bundles"), Path.Combine(root, "tests", "Fuzz", "corpus"),
            Path.Combine(root, "..", "shared", "requirements", "config-samples"),
        ];
        return [.. folders.Where(Directory.Exists)
            .SelectMany(folder => Directory.GetFiles(folder, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            .Select(File.ReadAllBytes)];
    }
}
