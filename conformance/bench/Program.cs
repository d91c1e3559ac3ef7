using System;
using SharpRun.Bench;

try
{
    new Comparison(Options.Parse(args)).Measure();
    return 0;
}
catch (BenchError error)
{
    Console.Error.WriteLine($"bench: {error.Message}");
    return 1;
}
