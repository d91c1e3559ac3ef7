using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using System.Threading;
using CsCheck;
using SharpRun.Parent;
using Architecture = SharpRun.Seccomp.Architecture;

namespace SharpRun.Fuzz;

/// <summary>
/// fuzz [SECONDS [SEED]] [--keep]: documents of spec/bundles, of the managers (../shared, when it is there) and of the corpus, changed in up to
/// eight places, are read, judged and planned. Each must become a plan or be refused by one sentence, within bounds of time and memory.
/// Messages of a bus, and values as text, likewise (<see cref="Wire"/>). CsCheck
/// makes a failing input small and names its seed; the input is in out/fuzz: mend the reader, and move it to tests/Fuzz/corpus, which the unit
/// tests replay. --keep adds the first small input of every kind of sentence that the corpus has none for.
/// </summary>
static partial class Program
{
    private const int LongestSeconds = 5;

    private static readonly ConcurrentDictionary<string, byte[]> s_answers = new();
    private static readonly ConcurrentDictionary<int, (long Since, byte[] Input)> s_busy = new();
    private static long s_plans, s_refusals;

    private static int Main(string[] arguments)
    {
        var keeps = arguments.Contains("--keep");
        var words = arguments.Where(word => word != "--keep").ToArray();
        var seconds = words.Length > 0 ? int.Parse(words[0], null) : 60;
        var root = Root();
        var documents = Documents(root);
        foreach (var document in documents)
        {
            Try(document);
        }
        var known = s_answers.Keys.ToHashSet();
        new Thread(Watch) { IsBackground = true }.Start();
        try
        {
            // A sixth of the time is enough for the small language of the bus.
            Wire.Sample(Math.Max(seconds / 6, 1), seed: words.Length > 1 ? words[1] : null);
            Inputs(documents).Sample(Try, time: seconds - seconds / 6, seed: words.Length > 1 ? words[1] : null, print: Describe);
        }
        catch (CsCheckException error)
        {
            Console.WriteLine($"not ok fuzz: {error.Message}\n{error.InnerException}");
            Console.WriteLine("0 passed, 1 failed, 0 skipped");
            return 1;
        }
        if (keeps)
        {
            Keep(Path.Combine(root, "tests", "Fuzz", "corpus"), s_answers.Where(answer => !known.Contains(answer.Key)).Select(answer => answer.Value));
        }
        Console.WriteLine($"# {s_plans} plans, {s_refusals} refusals in {s_answers.Count} kinds of sentences, from {documents.Length} documents");
        Console.WriteLine("1 passed, 0 failed, 0 skipped");
        return 0;
    }

    private static Gen<byte[]> Inputs(byte[][] documents)
    {
        var edit = Gen.Select(Gen.Byte, Gen.UInt, Gen.UInt, (kind, place, choice) => new Edit(kind, place, choice));
        return Gen.Select(Gen.Int[0, documents.Length - 1], edit.Array[0, 8], (document, edits) =>
            edits.Aggregate(documents[document], (json, one) => one.Of(json, documents)));
    }

    /// <summary>Throws when the answer is not a permitted one.</summary>
    private static void Try(byte[] input)
    {
        var thread = Environment.CurrentManagedThreadId;
        s_busy[thread] = (Stopwatch.GetTimestamp(), input);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var answer = Reading.AnswerTo(input, config => SeccompCompiler.Compile(config, Architecture.X86_64, debug: null));
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        s_busy.TryRemove(thread, out _);
        // A record with its lists is some hundred bytes for a dozen of JSON, and there are three plans.
        if (allocated > 4_000_000 + 400L * input.Length)
        {
            throw new InvalidOperationException($"{allocated} bytes of memory for a document of {input.Length}");
        }
        Interlocked.Increment(ref answer.Length == 0 ? ref s_plans : ref s_refusals);
        s_answers.TryAdd(Specific().Replace(answer, "*"), input);
    }

    // Quoted words, numbers and the place in the text.
    [GeneratedRegex("\".*\"|[0-9]+")]
    private static partial Regex Specific();

    private static string Describe(byte[] input)
    {
        var path = Path.Combine(Root(), "out", "fuzz", Name(input));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, input);
        return path;
    }

    private static string Name(byte[] input) => Convert.ToHexStringLower(SHA256.HashData(input))[..12] + ".json";

    private static void Keep(string corpus, System.Collections.Generic.IEnumerable<byte[]> inputs)
    {
        const int longest = 3000;
        foreach (var input in inputs.Where(input => input.Length <= longest))
        {
            File.WriteAllBytes(Path.Combine(corpus, Name(input)), input);
        }
    }

    private static void Watch()
    {
        while (true)
        {
            Thread.Sleep(500);
            foreach (var (since, input) in s_busy.Values)
            {
                if (Stopwatch.GetElapsedTime(since).TotalSeconds > LongestSeconds)
                {
                    Console.WriteLine($"not ok fuzz: still busy after {LongestSeconds} s with {Describe(input)}");
                    Environment.Exit(1);
                }
            }
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

    private static string Root()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "global.json")))
        {
            directory = Path.GetDirectoryName(directory) ?? throw new DirectoryNotFoundException("no global.json above the program");
        }
        return directory;
    }
}
