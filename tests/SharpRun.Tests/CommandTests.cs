using System;
using SharpRun.Cli;
using SharpRun.CommandLine;
using SharpRun.Planning;
using Xunit;

namespace SharpRun.Tests;

public sealed class CommandTests
{
    private static GlobalOptions Globals(params string[] argv)
    {
        var words = new Arguments(GlobalOptions.Tool);
        words.Read(argv, 0, Arguments.StopAtFirstWord);
        return GlobalOptions.From(words);
    }

    private static Arguments CreateArguments(params string[] argv)
    {
        var command = Commands.Find("create");
        var arguments = new Arguments(GlobalOptions.Tool, command.Flags, command.Name);
        arguments.Read(argv, 0, command.WordsBeforeFreeText);
        arguments.RequireWords(command.LeastWords, command.MostWords);
        return arguments;
    }

    [Fact]
    public void Every_command_of_the_help_has_a_text_of_its_own()
    {
        foreach (var name in Commands.Names)
        {
            var command = Commands.Find(name);
            Assert.Equal(name, command.Name);
            Assert.False(command.IsNotYet);
            var usage = Commands.Help(command);
            foreach (var flag in command.Flags)
            {
                Assert.Contains($"  --{flag.Name}", usage, StringComparison.Ordinal);
            }
            Assert.Contains($"  {name} ", Commands.Help(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("checkpoint", 1)]
    [InlineData("restore", 1)]
    public void What_is_not_built_yet_is_known_by_name(string name, int code)
    {
        var command = Commands.Find(name);
        Assert.True(command.IsNotYet);
        Assert.Equal(code, command.FailureCode);
    }

    [Fact]
    public void An_unknown_command_is_named() =>
        Assert.StartsWith("unknown command \"foo\"", Assert.Throws<UsageError>(() => Commands.Find("foo")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("--preserve-fds=1", "--preserve-fds: of the 1 descriptors to preserve, 3 is not open")]
    [InlineData("--preserve-fds=-1", "--preserve-fds: a number from 0 on is expected, found -1")]
    public void Descriptors_that_cannot_be_preserved_are_named(string flag, string message) =>
        Assert.Equal(message, Assert.Throws<UsageError>(() => CreateFlags.Options(CreateArguments(flag, "c1"), Globals("--root=/r"))).Message);

    [Theory]
    [InlineData("--preserve-fds=0")]
    [InlineData("--no-subreaper")]
    [InlineData("-no-subreaper")]
    [InlineData("--no-pivot=false")]
    [InlineData("--console-socket=")]
    public void A_flag_that_asks_for_nothing_is_accepted(string flag) =>
        Assert.Equal("c1", CreateFlags.Options(CreateArguments(flag, "c1"), Globals("--root=/r")).Id);

    [Theory]
    [InlineData("--systemd-cgroup", CgroupManager.Systemd)]
    [InlineData("--systemd-cgroup=false", CgroupManager.Cgroupfs)]
    [InlineData("--cgroup-manager=systemd", CgroupManager.Systemd)]
    [InlineData("--cgroup-manager=disabled", CgroupManager.Disabled)]
    [InlineData("--cgroup-manager=cgroupfs", CgroupManager.Cgroupfs)]
    public void The_cgroup_manager_is_an_option_of_create(string flag, CgroupManager manager) =>
        Assert.Equal(manager, CreateFlags.Options(CreateArguments("c1"), Globals("--root=/r", flag)).CgroupManager);

    [Fact]
    public void The_words_of_create_become_options()
    {
        var arguments = CreateArguments("--bundle", "b/./c/", "c1", "--pid-file=p", "--no-new-keyring", "-f", "/x/config.json");
        var options = CreateFlags.Options(arguments, Globals("--root", "r"));
        var directory = Environment.CurrentDirectory.TrimEnd('/');
        Assert.Equal($"{directory}/b/c", options.Bundle);
        Assert.Equal($"{directory}/p", options.PidFile);
        Assert.Equal($"{directory}/r", options.StateRoot);
        Assert.Equal("/x/config.json", options.ConfigFile);
        Assert.True(options.NoNewKeyring);
        Assert.False(options.Detach);
    }

    [Fact]
    public void Without_a_bundle_it_is_the_working_directory() =>
        Assert.Equal(Environment.CurrentDirectory, CreateFlags.Options(CreateArguments("c1"), Globals("--root=/r")).Bundle);

    [Theory]
    [InlineData("--rootless=maybe")]
    [InlineData("--cgroup-manager=foo")]
    public void A_wrong_global_value_is_an_error(string flag) => Assert.Throws<UsageError>(() => Globals(flag));

    [Theory]
    [InlineData("--rootless=auto", null)]
    [InlineData("--rootless=", null)]
    [InlineData("--rootless=true", true)]
    [InlineData("--rootless=false", false)]
    public void Rootless_has_three_values(string flag, bool? value) => Assert.Equal(value, Globals(flag).Rootless);

    [Theory]
    [InlineData("/a/b", "/a/b")]
    [InlineData("/a//b/", "/a/b")]
    [InlineData("/./a/./b/.", "/a/b")]
    [InlineData("/a/../b", "/a/../b")]
    [InlineData("/a/..b/.c", "/a/..b/.c")]
    [InlineData("/", "/")]
    [InlineData("//", "/")]
    public void Paths_are_cleaned_without_changing_their_meaning(string path, string clean) => Assert.Equal(clean, AbsolutePath.Of(path));

    [Fact]
    public void A_name_is_found_in_the_passwd_file()
    {
        var passwd = "root:x:0:0:root:/root:/bin/sh\nbroken\n:x:7\nme:x:1000:1000::/home/me:/bin/sh\n"u8;
        Assert.Equal("root", UserNames.Find(passwd, 0));
        Assert.Equal("me", UserNames.Find(passwd, 1000));
        Assert.Null(UserNames.Find(passwd, 1));
    }
}
