using SharpRun.CommandLine;
using SharpRun.Layers.Cli;
using Xunit;

namespace SharpRun.Layers.Tests;

public sealed class OptionsTests
{
    [Fact]
    public void The_root_behind_the_verb_wins()
    {
        var before = new Arguments(Options.Tool);
        before.Read(["--root", "/a"], 0, Arguments.NoFreeText);
        var behind = new Arguments(Options.Tool, Options.Common, "list");
        behind.Read(["--root", "/b//c/"], 0, Arguments.NoFreeText);
        Assert.Equal("/b/c", Options.From(before, behind).Root);
    }
}
