using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using SharpRun.RandomBundles;

// Called by conformance/random.sh, which explains it and makes the folders: random RUNTIME PEER FOLDER PROTOTYPE
// CGROUP SEED COUNT SECONDS TESTS DIFFERENCES OUT [--whole]
var (runtime, peer) = (args[0], args[1]);
var world = new World(args[8], args[2], args[3], args[4]);
var seed = ulong.Parse(args[5], CultureInfo.InvariantCulture);
var (count, seconds) = (int.Parse(args[6], CultureInfo.InvariantCulture), int.Parse(args[7], CultureInfo.InvariantCulture));
var comparison = new Comparison(world, runtime, peer, new Known(args[9]));
var isWhole = args.Length > 11;
var mostFindings = isWhole ? int.MaxValue : 10;
var (same, different) = (0, 0);
var seenKinds = new HashSet<string>();
var watch = Stopwatch.StartNew();
Console.WriteLine($"# seed {seed}");
for (var i = 0; i < count && watch.Elapsed.TotalSeconds < seconds && different < mostFindings; i++)
{
    var choices = Config.Of(seed + (ulong)i);
    var differences = comparison.Differences(choices, out var said);
    if (differences.Count == 0)
    {
        same++;
        continue;
    }
    different++;
    Report(seed + (ulong)i, choices, differences, said);
}
Console.WriteLine($"# {same + different} configs in {watch.Elapsed.TotalSeconds:F0} s");
Console.WriteLine($"{same} passed, {different} failed, 0 skipped");
return different == 0 ? 0 : 1;

void Report(ulong own, List<Choice> choices, List<string> differences, string said)
{
    // The second of a kind is small enough as it is: a run is for many configs.
    var smallest = isWhole || !seenKinds.Add(Comparison.About(differences[0])) ? choices : comparison.Smallest(choices, differences[0], ref differences, ref said);
    var bundle = Config.Build(smallest, world);
    Console.WriteLine($"not ok random --seed {own} --count 1: {Config.Text(smallest)}{string.Concat(bundle.Remarks.Select(remark => $" ({remark})"))}");
    var config = $"{args[10]}/{own}.json";
    File.WriteAllText(config, bundle.ToString());
    Console.WriteLine($"    {config}");
    foreach (var line in differences.Take(30))
    {
        Console.WriteLine("    " + line);
    }
    if (differences.Count > 30)
    {
        Console.WriteLine($"    … {differences.Count - 30} more");
    }
    Console.Write(said);
    Console.Out.Flush();
}
