using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Text;
using SharpRun.Linux;

namespace SharpRun.KernelTests;

/// <summary>A named test; the namespaces are those of its own clone child.</summary>
sealed record Test(string Name, Action Body, int Namespaces = 0, int TimeoutSeconds = 60);

/// <summary>kernel-tests [--list] [WORD...]: runs the tests whose names contain one of the words, all without.</summary>
static class Program
{
    private static int Main(string[] arguments)
    {
        if (arguments is ["--create", var kind])
        {
            return Creates.One(kind);
        }
        if (Sys.GetEuid() != 0)
        {
            Say("kernel-tests: must be root");
            return 1;
        }
        var chosen = Choose(arguments);
        if (arguments is ["--list", ..])
        {
            chosen.ForEach(test => Say(test.Name));
            return 0;
        }
        Scratch.Make();
        var counts = new int[3];
        foreach (var test in chosen)
        {
            counts[(int)RunOne(test)]++;
        }
        Scratch.Remove();
        Say($"{counts[0]} passed, {counts[1]} failed, {counts[2]} skipped");
        return counts[1] == 0 && counts[0] > 0 ? 0 : 1;
    }

    private static Verdict RunOne(Test test)
    {
        var started = Stopwatch.GetTimestamp();
        var (verdict, reason) = Isolated.Run(test.Body, test.Namespaces, test.TimeoutSeconds);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        Say(verdict switch
        {
            Verdict.Passed => seconds < 1 ? $"ok {test.Name}" : $"ok {test.Name} ({seconds:F1} s)",
            Verdict.Failed => $"not ok {test.Name}: {reason}",
            _ => $"skip {test.Name}: {reason}",
        });
        return verdict;
    }

    private static List<Test> Choose(string[] arguments)
    {
        var words = Array.FindAll(arguments, word => !word.StartsWith('-'));
        var chosen = new List<Test>();
        foreach (var group in Tables())
        {
            foreach (var test in group)
            {
                if (words.Length == 0 || Array.Exists(words, word => test.Name.Contains(word, StringComparison.OrdinalIgnoreCase)))
                {
                    chosen.Add(test);
                }
            }
        }
        return chosen;
    }

    private static Test[][] Tables() =>
    [
        HeaderTests.All, FileTests.All, TreeTests.All, DescriptorTests.All, RootPathTests.All, TreeCopyTests.All, MountTests.All, CredentialTests.All, ProcessTests.All,
        BpfTests.All, SeccompTests.All, CloneTests.All, TerminalTests.All, FirewallTests.All,
    ];

    // Not by Console: that starts a thread, and the clone refuses a process with three.
    public static void Say(string line) => Sys.WriteAll(1, Encoding.UTF8.GetBytes(line + "\n"));
}
