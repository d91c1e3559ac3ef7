using System.Diagnostics;
using System.Text;
using SharpRun.Json;
using SharpRun.Oci;
using SharpRun.Oci.Dockerfiles;
using Xunit;

namespace SharpRun.Image.Build.Tests;

public sealed class IgnoreRulesTests
{
    [Theory]
    [InlineData("a", "a", true)]
    [InlineData("a", "a/b", true)]
    [InlineData("a", "ab", false)]
    [InlineData("a", "b/a", false)]
    [InlineData("/a/", "a/b", true)]
    [InlineData("./x/../a", "a", true)]
    [InlineData("*/temp*", "somedir/temporary.txt", true)]
    [InlineData("*/temp*", "temporary.txt", false)]
    [InlineData("*/temp*", "a/b/temp", false)]
    [InlineData("*/*/temp*", "a/b/temp", true)]
    [InlineData("temp?", "tempa", true)]
    [InlineData("temp?", "temp", false)]
    [InlineData("*.go", ".go", true)]
    [InlineData("**/*.go", "x.go", true)]
    [InlineData("**/*.go", "a/b/x.go", true)]
    [InlineData("a/**/b", "a/b", true)]
    [InlineData("a/**/b", "a/x/y/b", true)]
    [InlineData("a/**/b", "ab", false)]
    [InlineData("a/**", "a", false)]
    [InlineData("a/**", "a/x/y", true)]
    [InlineData("**", "x/y", true)]
    [InlineData("**.txt", "a/.txt", true)]
    [InlineData("**.txt", "a.txt", false)]
    [InlineData("[a-c]x", "bx", true)]
    [InlineData("[^a-c]x", "bx", false)]
    [InlineData("[^a-c]x", "dx", true)]
    [InlineData("a\\*", "a*", true)]
    [InlineData("a\\*", "ab", false)]
    [InlineData("*.md\n!README.md", "README.md", false)]
    [InlineData("*.md\n!README.md", "x.md", true)]
    [InlineData("!README.md\n*.md", "README.md", true)]
    [InlineData("*\n!src", "src/a", false)]
    [InlineData("*\n!src/a", "src/a", false)]
    [InlineData("*\n!src/a", "src/b", true)]
    [InlineData("src\n!src/keep\nsrc/keep/no", "src/keep/no/x", true)]
    [InlineData("src\n!src/keep\nsrc/keep/no", "src/keep/yes", false)]
    [InlineData("# comment\n  a  \n\n.", "a", true)]
    [InlineData(".", "a", false)]
    [InlineData(" #a", "#a", true)]
    [InlineData("a+(b)", "a+(b)", true)]
    public void Patterns_match_as_dockers_do(string rules, string path, bool isIgnored) => Assert.Equal(isIgnored, Read(rules).Ignores(path));

    [Theory]
    [InlineData("a\n!", ".dockerignore:2: \"!\" alone is no pattern")]
    [InlineData("[a", ".dockerignore:1: a bracket of the pattern \"[a\" is not closed")]
    [InlineData("a\\", ".dockerignore:1: the pattern \"a\\\" ends with an escape")]
    public void A_pattern_that_is_none_is_refused_with_its_line(string rules, string sentence) =>
        Assert.Equal(sentence, Assert.ThrowsAny<JsonError>(() => Read(rules)).Message);

    [Fact]
    public void A_file_beyond_the_limit_is_refused() =>
        Assert.ThrowsAny<JsonError>(() => IgnoreRules.Read(new byte[DockerfileLimits.MostBytes + 1], "x"));

    [Fact]
    public void A_pattern_full_of_stars_takes_no_exponential_time()
    {
        var rules = Read(string.Concat(System.Linq.Enumerable.Repeat("*a", 100)) + "b");
        var since = Stopwatch.GetTimestamp();
        Assert.False(rules.Ignores(new string('a', 2000)));
        Assert.True(Stopwatch.GetElapsedTime(since).TotalSeconds < 5);
    }

    private static IgnoreRules Read(string rules) => IgnoreRules.Read(Encoding.UTF8.GetBytes(rules), ".dockerignore");
}
