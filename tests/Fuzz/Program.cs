using System;
using System.Linq;
using System.Threading;
using CsCheck;
using SharpRun.Fuzz;

// fuzz [TARGET…] [SECONDS [SEED]] [--keep]: each target's inputs are changed at random and read; whatever is not an answer or one sentence, within
// bounds of time and memory, is an error. The targets share the seconds by their weights; without names, all are tried. CsCheck makes a failing
// input small and names its seed; the input is in out/fuzz: mend the reader, and move it to tests/Fuzz/corpus, which the unit tests replay.
// --keep adds the first small config.json of every kind of sentence that the corpus has none for.
var keeps = args.Contains("--keep");
var words = args.Where(word => word != "--keep").ToList();
(string Name, int Weight, Action<int, string?> Sample)[] targets =
[
    ("config", 6, (seconds, seed) => Configs.Sample(seconds, seed, keeps)),
    ("bus", 1, Wire.Sample),
    ("tar", 3, Archives.Sample),
    ("image", 2, ImageDocuments.Sample),
    ("dockerfile", 1, Dockerfiles.Sample),
    ("cni", 1, Cni.Sample),
    ("netlink", 1, Datagrams.Sample),
];
var chosen = targets.Where(target => words.Remove(target.Name)).ToArray();
chosen = chosen.Length == 0 ? targets : chosen;
if (words.Count > 2 || (words.Count > 0 && !int.TryParse(words[0], out _)))
{
    Console.Error.WriteLine($"fuzz [{string.Join('|', targets.Select(target => target.Name))}]… [SECONDS [SEED]] [--keep]");
    return 2;
}
var seconds = words.Count > 0 ? int.Parse(words[0], null) : 60;
new Thread(Watched.Watch) { IsBackground = true }.Start();
var passed = 0;
foreach (var (name, weight, sample) in chosen)
{
    try
    {
        sample(Math.Max(seconds * weight / chosen.Sum(target => target.Weight), 1), words.ElementAtOrDefault(1));
        Console.WriteLine($"ok fuzz {name}");
        passed++;
    }
    catch (CsCheckException error)
    {
        Console.WriteLine($"not ok fuzz {name}: {error.Message}\n{error.InnerException}");
    }
}
Console.WriteLine($"{passed} passed, {chosen.Length - passed} failed, 0 skipped");
return passed == chosen.Length ? 0 : 1;
