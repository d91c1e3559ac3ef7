using System.Collections.Generic;
using System.Text;
using SharpRun.Json;
using SharpRun.Oci;
using SharpRun.Oci.Dockerfiles;
using Xunit;

namespace SharpRun.Image.Build.Tests;

public sealed class ExpansionTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("$x", "X")]
    [InlineData("${x}", "X")]
    [InlineData("a${x}b$x.c", "aXbX.c")]
    [InlineData("$x_y", "")]
    [InlineData("$none", "")]
    [InlineData("${none:-d}", "d")]
    [InlineData("${empty:-d}", "d")]
    [InlineData("${empty-d}", "")]
    [InlineData("${x:-d}", "X")]
    [InlineData("${x:+a}", "a")]
    [InlineData("${none:+a}", "")]
    [InlineData("${empty:+a}", "")]
    [InlineData("${empty+a}", "a")]
    [InlineData("${none:-${x}y}", "Xy")]
    [InlineData("${none:-\"a}b\"}", "a}b")]
    [InlineData("${x:?no}", "X")]
    [InlineData("'$x'", "$x")]
    [InlineData("\"$x y\"", "X y")]
    [InlineData("\"a\\\"b\\$x\\n\"", "a\"b$x\\n")]
    [InlineData("\\$x", "$x")]
    [InlineData("a\\ b", "a b")]
    [InlineData("a\\", "a")]
    [InlineData("$", "$")]
    [InlineData("a$.b", "a$.b")]
    [InlineData("$1$@", "")]
    [InlineData("cost: 5$", "cost: 5$")]
    public void Words_become_what_docker_makes_of_them(string word, string expected) => Assert.Equal(expected, Expand(word));

    // mutant: OciCheck.ModifierIsKnown
    [Theory]
    [InlineData("'a", "\"'a\": a single quote is not closed")]
    [InlineData("\"a", "\"\"a\": a double quote is not closed")]
    [InlineData("${x", "\"${x\": a brace is not closed")]
    [InlineData("${x:-a", "\"${x:-a\": a brace is not closed")]
    [InlineData("${}", "\"${}\": a name is expected behind \"${\"")]
    [InlineData("${x:=a}", "\"${x:=a}\": ${x:=…} is not supported")]
    [InlineData("${x#a}", "\"${x#a}\": ${x#…} is not supported")]
    [InlineData("${none:?say so}", "none: say so")]
    [InlineData("${none?}", "none: is not set")]
    public void What_cannot_be_expanded_is_refused_by_one_sentence(string word, string sentence) =>
        Assert.Equal(sentence, Assert.ThrowsAny<JsonError>(() => Expand(word)).Message);

    [Fact]
    public void Variables_too_deep_in_one_another_are_refused()
    {
        var word = new StringBuilder();
        for (var i = 0; i < 100_000; i++)
        {
            word.Append("${a:-");
        }
        Assert.Equal("variables stand more than 32 deep in one another", Assert.ThrowsAny<JsonError>(() => Expand(word.ToString())).Message);
    }

    // mutant: OciCheck.ExpandedWordIsShort
    [Fact]
    public void A_value_that_doubles_itself_again_and_again_is_refused_before_it_fills_the_memory()
    {
        var text = new StringBuilder("FROM a\nENV a=aaaaaaaaaaaaaaaa\n");
        for (var i = 0; i < 40; i++)
        {
            text.Append("ENV a=$a$a\n");
        }
        var (scope, tree) = Scope(text.ToString());
        var error = Assert.ThrowsAny<JsonError>(() =>
        {
            foreach (var instruction in tree.Stages[0].Instructions)
            {
                scope.Apply((EnvInstruction)instruction);
            }
        });
        Assert.Equal("a word is longer than 131072 characters when its variables are put in", error.Message);
    }

    [Fact]
    public void One_env_sees_the_values_from_before_it()
    {
        var (scope, tree) = Scope("FROM a\nENV abc=hello\nENV abc=bye def=$abc\nENV ghi=$abc");
        foreach (var instruction in tree.Stages[0].Instructions)
        {
            scope.Apply((EnvInstruction)instruction);
        }
        Assert.Equal([new("abc", "bye"), new("def", "hello"), new("ghi", "bye")], scope.Environment);
    }

    [Fact]
    public void An_argument_is_the_callers_then_its_own_default_then_the_global_one_and_env_covers_it()
    {
        var given = new Dictionary<string, string> { ["A"] = "given", ["NOT_DECLARED"] = "x", ["HTTP_PROXY"] = "p" };
        var (scope, tree) = Scope("ARG G=global\nARG A=ga\nFROM a\nARG A=own\nARG B=own\nARG G\nARG NONE\nARG TARGETARCH\nARG E=arg\nENV E=env", given);
        foreach (var instruction in tree.Stages[0].Instructions)
        {
            _ = instruction is ArgInstruction argument ? (object)scope.Apply(argument) : scope.Apply((EnvInstruction)instruction);
        }
        Assert.Equal([new("A", "given"), new("B", "own"), new("G", "global"), new("TARGETARCH", "arm64")], scope.Arguments);
        Assert.Equal("[]", $"[{scope.Expand("$NOT_DECLARED$NONE$TARGETOS")}]");
        Assert.Equal("env", scope.Expand("$E"));
        Assert.Equal([new("HTTP_PROXY", "p")], scope.Proxies());
    }

    [Fact]
    public void From_lines_see_the_global_arguments_and_the_platforms()
    {
        var tree = Read("ARG T=12\nARG I=debian:$T\nFROM $I AS x\nFROM x\nFROM y-$TARGETARCH");
        var global = new GlobalScope(tree, Arguments([]));
        var plan = new StagePlan(tree, global, null, "D");
        Assert.Equal(["debian:12", "x", "y-arm64"], [plan.ImageOf(0), plan.ImageOf(1), plan.ImageOf(2)]);
        Assert.Equal([2], plan.Needed);
        Assert.Equal([0, 1], new StagePlan(tree, global, "1", "D").Needed);
        Assert.Equal("D: there is no stage 3", Assert.ThrowsAny<JsonError>(() => new StagePlan(tree, global, "3", "D")).Message);
    }

    [Fact]
    public void Only_stages_that_the_target_needs_are_built()
    {
        var tree = Read("FROM a AS one\nFROM b AS two\nCOPY --from=one x y\nFROM c AS three\nFROM d\nCOPY --from=1 x y\nCOPY --from=image z z");
        var plan = new StagePlan(tree, new GlobalScope(tree, Arguments([])), null, "D");
        Assert.Equal([0, 1, 3], plan.Needed);
        Assert.Null(plan.SourceOf(3, (CopyInstruction)tree.Stages[3].Instructions[1]));
    }

    [Fact]
    public void A_heredoc_keeps_its_quotes_and_a_quoted_one_its_variables()
    {
        var (scope, tree) = Scope("FROM a\nENV x=X\nCOPY <<A <<'B' /\nit's \"$x\" \\$x \\n\nA\n$x\nB");
        scope.Apply((EnvInstruction)tree.Stages[0].Instructions[0]);
        var copy = (CopyInstruction)tree.Stages[0].Instructions[1];
        Assert.Equal("it's \"X\" $x \\n\n", scope.ExpandHeredoc(copy.Heredocs[0]));
        Assert.Equal("$x\n", scope.ExpandHeredoc(copy.Heredocs[1]));
    }

    [Fact]
    public void Ports_are_numbers_ranges_and_protocols()
    {
        Assert.Equal(["80/tcp", "53/udp", "8000/tcp", "8001/tcp"], Ports.Read(["80", "53/udp", "8000-8001", "80/tcp"]));
        foreach (var bad in (string[])["0", "65536", "x", "80/foo", "9-8", "-1", "1-2-3", ""])
        {
            Assert.ThrowsAny<JsonError>(() => Ports.Read([bad]));
        }
    }

    private static string Expand(string word)
    {
        var (scope, _) = Scope("FROM a");
        scope.SetEnvironment("x", "X");
        scope.SetEnvironment("empty", "");
        return scope.Expand(word);
    }

    private static (StageScope Scope, DockerfileTree Tree) Scope(string text, Dictionary<string, string>? given = null)
    {
        var tree = Read(text);
        var arguments = Arguments(given ?? []);
        return (new StageScope(new GlobalScope(tree, arguments), arguments, tree.Escape), tree);
    }

    private static BuildArguments Arguments(Dictionary<string, string> given) =>
        new(given, new Platform("linux", "arm64", "v8"), new Platform("linux", "amd64"), "default");

    private static DockerfileTree Read(string text) => DockerfileReader.Read(Encoding.UTF8.GetBytes(text), "D");
}
