using System.IO;
using SharpRun.Fuzz;
using Xunit;

namespace SharpRun.Planning.Tests;

/// <summary>What `make fuzz` has kept: an input for each kind of sentence, and every one that once was a bug.</summary>
public sealed class CorpusTests
{
    private static readonly string[] s_inputs = Directory.GetFiles(Path.Combine(Repository.Root, "tests", "Fuzz", "corpus"), "*.json");

    [Fact]
    public void Every_input_becomes_a_plan_or_one_sentence()
    {
        Assert.NotEmpty(s_inputs);
        // This room has no seccomp compiler; its answer is not looked at.
        Assert.All(s_inputs, path => Reading.AnswerTo(File.ReadAllBytes(path), _ => []));
    }
}
