using System;
using SharpRun.Cli;
using SharpRun.CommandLine;
using Xunit;

namespace SharpRun.Tests;

/// <summary>Every row of the table in spec/cli.md, "Argument parser".</summary>
public sealed class ArgumentsTests
{
    private static readonly Flag[] s_flags =
    [
        Flag.Text("format", "F", "", 'f'),
        Flag.Text("bundle", "DIR", "", 'b'),
        Flag.Switch("force", ""),
        Flag.Switch("quiet", "", 'q'),
        Flag.Number("preserve-fds", "N", ""),
    ];

    private static Arguments Read(params string[] argv)
    {
        var arguments = new Arguments(GlobalOptions.Tool, s_flags, "test");
        Assert.Equal(argv.Length, arguments.Read(argv, 0, Arguments.NoFreeText));
        return arguments;
    }

    private static string Error(params string[] argv) => Assert.Throws<UsageError>(() => Read(argv)).Message;

    [Theory]
    [InlineData("--format", "json")]
    [InlineData("--format=json")]
    [InlineData("-format", "json")]
    [InlineData("-format=json")]
    [InlineData("-f", "json")]
    [InlineData("-f=json")]
    [InlineData("--f", "json")]
    public void A_value_is_read_in_every_form(params string[] argv) => Assert.Equal("json", Read(argv).Text("format"));

    [Theory]
    [InlineData("--force")]
    [InlineData("-force")]
    [InlineData("--force=true")]
    [InlineData("--force=1")]
    [InlineData("-force=T")]
    public void A_switch_is_on(string word) => Assert.True(Read(word).Is("force"));

    [Theory]
    [InlineData("--force=false")]
    [InlineData("-force=0")]
    [InlineData("--force=F")]
    public void A_switch_is_off(string word) => Assert.False(Read("--force", word).Is("force"));

    [Fact]
    public void A_switch_takes_no_value_from_the_next_word() => Assert.Equal(["false"], Read("--force", "false").Words);

    [Fact]
    public void A_switch_with_another_value_is_an_error() => Assert.Equal("invalid boolean value \"yes\" for --force", Error("--force=yes"));

    [Fact]
    public void The_last_one_wins() => Assert.Equal("c", Read("--format", "a", "-f", "b", "id", "--format=c").Text("format"));

    [Fact]
    public void Flags_may_follow_the_id()
    {
        var arguments = Read("id", "--force", "-f", "json", "9");
        Assert.Equal(["id", "9"], arguments.Words);
        Assert.True(arguments.Is("force"));
        Assert.Equal("json", arguments.Text("format"));
    }

    [Fact]
    public void Two_dashes_end_the_flags() => Assert.Equal(["--force", "-x"], Read("--", "--force", "-x").Words);

    [Fact]
    public void Two_dashes_behind_the_id_end_the_flags_too() => Assert.Equal(["id", "--force"], Read("id", "--", "--force").Words);

    [Fact]
    public void One_dash_is_a_word() => Assert.Equal(["-"], Read("-").Words);

    [Fact]
    public void A_value_may_begin_with_a_dash() => Assert.Equal("-", Read("--bundle", "-").Text("bundle"));

    [Fact]
    public void An_empty_value_is_a_value() => Assert.Equal("", Read("--bundle=").Text("bundle"));

    [Fact]
    public void A_value_may_hold_an_equals_sign() => Assert.Equal("a=b", Read("--bundle=a=b").Text("bundle"));

    [Theory]
    [InlineData("--form=json")]
    [InlineData("--bundl=x")]
    public void Abbreviations_are_unknown(string word) => Assert.StartsWith("unknown flag --", Error(word), StringComparison.Ordinal);

    [Theory]
    [InlineData("-fjson")]
    [InlineData("-qf")]
    public void Glued_and_bundled_letters_are_unknown(string word) => Assert.StartsWith("unknown flag -", Error(word), StringComparison.Ordinal);

    [Fact]
    public void A_global_flag_behind_the_command_is_told_so() => Assert.Equal("unknown flag --root for test: a global flag stands before the command", Error("--root", "/x"));

    [Fact]
    public void A_missing_value_is_told() => Assert.Equal("flag needs an argument: --bundle", Error("id", "-b"));

    [Theory]
    [InlineData("x")]
    [InlineData("")]
    [InlineData("1.5")]
    [InlineData("99999999999")]
    public void A_number_is_a_number(string value) => Assert.StartsWith("invalid value", Error("--preserve-fds=" + value), StringComparison.Ordinal);

    [Fact]
    public void A_number_is_read() => Assert.Equal(2, Read("--preserve-fds", "2").Number("preserve-fds", 0));

    [Theory]
    [InlineData("--help")]
    [InlineData("-help")]
    [InlineData("-h")]
    [InlineData("id", "--help")]
    [InlineData("--help", "--unknown")]
    public void Help_is_heard_in_every_form(params string[] argv) => Assert.True(Read(argv).WantsHelp);

    [Fact]
    public void Behind_the_id_of_exec_everything_is_the_commands_own()
    {
        var arguments = new Arguments(GlobalOptions.Tool, s_flags, "exec");
        arguments.Read(["-f", "json", "id", "ls", "--force", "--", "-h"], 0, wordsBeforeFreeText: 1);
        Assert.Equal(["id", "ls", "--force", "--", "-h"], arguments.Words);
        Assert.False(arguments.Is("force"));
        Assert.False(arguments.WantsHelp);
    }

    [Fact]
    public void Global_flags_end_at_the_command()
    {
        string[] argv = ["--log", "a", "--log=b", "--rootless=false", "delete", "--force", "id"];
        var arguments = new Arguments(GlobalOptions.Tool);
        Assert.Equal(4, arguments.Read(argv, 0, Arguments.StopAtFirstWord));
        Assert.Equal("b", arguments.Text("log"));
        Assert.False(GlobalOptions.From(arguments).Rootless);
    }

    [Theory]
    [InlineData(0, "sharprun: \"test\" requires exactly 1 argument(s)")]
    [InlineData(2, "sharprun: \"test\" requires exactly 1 argument(s)")]
    public void A_wrong_number_of_words_names_the_command(int words, string message)
    {
        var arguments = Read([.. System.Linq.Enumerable.Repeat("w", words)]);
        Assert.Equal(message, Assert.Throws<UsageError>(() => arguments.RequireWords(1, 1)).Message);
    }

    [Fact]
    public void Too_few_and_too_many_words_are_told()
    {
        Assert.Contains("a minimum of 1", Assert.Throws<UsageError>(() => Read().RequireWords(1, 2)).Message, StringComparison.Ordinal);
        Assert.Contains("a maximum of 2", Assert.Throws<UsageError>(() => Read("a", "b", "c").RequireWords(1, 2)).Message, StringComparison.Ordinal);
    }
}
