using SharpRun.CommandLine;
using SharpRun.Layers.Cli;
using SharpRun.Layers.Drivers;
using SharpRun.Layers.Unions;
using Xunit;

namespace SharpRun.Layers.Tests;

public sealed class NameTests
{
    [Theory]
    [InlineData("u")]
    [InlineData("0")]
    [InlineData("A_b.c-9")]
    [InlineData("a..")]
    public void Names_of_unions(string name) => Assert.Equal(name, UnionName.Checked(name));

    // mutant: UnionCheck.NameBeginsWell UnionCheck.NameHasNoOtherLetters
    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("-flag")]
    [InlineData("_x")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("\u00e9t\u00e9")]
    [InlineData("\u0661")]
    public void Names_that_are_none(string name) => Assert.Throws<UsageError>(() => UnionName.Checked(name));

    // mutant: UnionCheck.NameIsShort
    [Fact]
    public void The_longest_name()
    {
        Assert.True(UnionName.IsValid(new string('x', UnionName.Longest)));
        Assert.False(UnionName.IsValid(new string('x', UnionName.Longest + 1)));
    }

    [Fact]
    public void Every_driver_has_its_word()
    {
        foreach (var driver in Driver.All)
        {
            Assert.Equal(driver.Kind, DriverNames.TryParse(driver.Kind.Word()));
            Assert.IsType(driver.GetType(), Driver.Of(driver.Kind));
            Assert.Null(DriverNames.Retired(driver.Kind.Word()));
        }
    }

    [Theory]
    [InlineData("aufs")]
    [InlineData("devicemapper")]
    public void Drivers_that_are_no_more_are_answered(string word)
    {
        Assert.Null(DriverNames.TryParse(word));
        Assert.Contains("use overlay", DriverNames.Retired(word));
    }

    // mutant: UnionCheck.UnionIsOfOneKind UnionCheck.DriverIsOne UnionCheck.ChainIsADigest UnionCheck.TargetInContainerIsAbsolute
    [Theory]
    [InlineData("create", "u")]
    [InlineData("create", "u", "--lower", "/x", "--chain", "sha256:0")]
    [InlineData("create", "u", "--chain", "x")]
    [InlineData("create", "u", "--lower", "/x", "--driver", "aufs")]
    [InlineData("create", "../u", "--lower", "/x")]
    [InlineData("mount", "u", "relative", "--print")]
    [InlineData("mount", "u", "--print")]
    [InlineData("mount", "u", "a", "b")]
    [InlineData("mount", "")]
    [InlineData("unmount")]
    [InlineData("remove")]
    [InlineData("remove", "u", "../v")]
    [InlineData("list", "u")]
    [InlineData("gc", "u")]
    public void Wrong_words_are_said_before_anything_is_done(params string[] words) =>
        Assert.Throws<UsageError>(() => Commands.All.Run(["--root", "/dev/null/sharprun", .. words], ""));
}
