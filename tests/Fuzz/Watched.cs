using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO;
using System.Security.Cryptography;
using System.Threading;

namespace SharpRun.Fuzz;

/// <summary>Keeps an eye on what a target does with an input: its memory and its time.</summary>
static class Watched
{
    private const int LongestSeconds = 5;

    private static readonly ConcurrentDictionary<int, (long Since, byte[] Input, string Ending)> s_busy = new();

    public static string Root { get; } = FindRoot();

    /// <summary>Throws when more memory was asked for than is allowed, in bytes.</summary>
    public static void Run(byte[] input, string ending, long memory, Action act)
    {
        var thread = Environment.CurrentManagedThreadId;
        s_busy[thread] = (Stopwatch.GetTimestamp(), input, ending);
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            act();
        }
        finally
        {
            s_busy.TryRemove(thread, out _);
        }
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (allocated > memory)
        {
            throw new InvalidOperationException($"{allocated} bytes of memory for an input of {input.Length}");
        }
    }

    /// <summary>The path below out/fuzz where the input now is.</summary>
    public static string Save(byte[] input, string ending)
    {
        var path = Path.Combine(Root, "out", "fuzz", Name(input, ending));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, input);
        return path;
    }

    public static string Name(byte[] input, string ending) => $"{Convert.ToHexStringLower(SHA256.HashData(input))[..12]}.{ending}";

    /// <summary>Ends the program when an input takes too long.</summary>
    public static void Watch()
    {
        while (true)
        {
            Thread.Sleep(500);
            foreach (var (since, input, ending) in s_busy.Values)
            {
                if (Stopwatch.GetElapsedTime(since).TotalSeconds > LongestSeconds)
                {
                    Console.WriteLine($"not ok fuzz: still busy after {LongestSeconds} s with {Save(input, ending)}");
                    Environment.Exit(1);
                }
            }
        }
    }

    private static string FindRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "global.json")))
        {
            directory = Path.GetDirectoryName(directory) ?? throw new DirectoryNotFoundException("no global.json above the program");
        }
        return directory;
    }
}
