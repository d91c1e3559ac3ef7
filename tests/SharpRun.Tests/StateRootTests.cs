using System;
using System.IO;
using SharpRun.CommandLine;
using SharpRun.State;
using Xunit;

namespace SharpRun.Tests;

public sealed class StateRootTests
{
    [Theory]
    [InlineData("c1")]
    [InlineData("A-Z_a+z.0-9")]
    [InlineData(".hidden")]
    [InlineData("-dash")]
    [InlineData("...")]
    public void An_id_of_runcs_letters_is_valid(string id) => Assert.Equal(id, ContainerId.Checked(id));

    [Fact]
    public void An_id_is_as_long_as_a_name_may_be()
    {
        Assert.True(ContainerId.IsValid(new string('a', 255)));
        Assert.False(ContainerId.IsValid(new string('a', 256)));
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../x")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("é")]
    [InlineData("a:b")]
    public void Any_other_id_is_refused(string id) =>
        Assert.Equal("invalid container ID format", Assert.Throws<UsageError>(() => ContainerId.Checked(id)).Message);

    [Fact]
    public void An_empty_id_has_a_text_of_its_own() =>
        Assert.Equal("container id cannot be empty", Assert.Throws<UsageError>(() => ContainerId.Checked("")).Message);

    [Theory]
    [InlineData("/")]
    [InlineData("//")]
    [InlineData("/.")]
    [InlineData("/..")]
    [InlineData("/run/..")]
    [InlineData("/run/../..")]
    public void The_root_is_not_slash(string path) =>
        Assert.Equal("Option --root argument should not be set to /", Assert.Throws<UsageError>(() => StateRoot.Checked(path)).Message);

    [Theory]
    [InlineData("/run/sharprun")]
    [InlineData("/a/../b")]
    public void Any_other_root_is_taken(string path) => Assert.Equal(path, StateRoot.Checked(path));

    [Theory]
    [InlineData(1000, false, null, true)]
    [InlineData(1000, true, "root", true)]
    [InlineData(0, false, null, false)]
    [InlineData(0, false, "me", false)]
    [InlineData(0, true, "root", false)]
    [InlineData(0, true, "me", true)]
    [InlineData(0, true, null, true)]
    public void Users_have_a_root_below_their_runtime_directory(uint euid, bool inUserNamespace, string? user, bool isUsers) =>
        Assert.Equal(isUsers, DefaultRoot.IsUsers(euid, inUserNamespace, user));

    [Fact]
    public void The_users_root_has_our_name() => Assert.Equal("/run/user/7/sharprun", DefaultRoot.Below("/run/user/7/"));

    [Fact]
    public void A_new_root_is_its_owners_alone()
    {
        using var temporary = new TemporaryRoot();
        using (StateRoot.OpenOrCreate(temporary["a/b"]))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(temporary["a/b"]));
        }
        using (StateRoot.OpenOrCreate(temporary["a/b"]))
        {
            Assert.Empty(Directory.GetFileSystemEntries(temporary["a/b"]));
        }
    }

    [Fact]
    public void Looking_creates_nothing()
    {
        using var temporary = new TemporaryRoot();
        Assert.Null(StateRoot.Open(temporary["missing"]));
        Assert.Null(StateRoot.FindContainer(temporary["missing"], "c1"));
        Assert.Null(StateRoot.FindContainer(temporary.Path, "c1"));
        Assert.Equal("container does not exist", Assert.Throws<StateError>(() => StateRoot.OpenContainer(temporary.Path, "c1")).Message);
        Assert.Empty(Directory.GetFileSystemEntries(temporary.Path));
    }

    [Fact]
    public void One_of_two_creates_wins_and_the_other_touches_nothing()
    {
        using var temporary = new TemporaryRoot();
        using var root = StateRoot.OpenOrCreate(temporary.Path);
        root.Claim("c1").Close();
        File.WriteAllText(temporary["c1/state.json"], "the winner's");
        Assert.Equal("container with given ID already exists", Assert.Throws<StateError>(() => root.Claim("c1")).Message);
        Assert.Equal("the winner's", File.ReadAllText(temporary["c1/state.json"]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(temporary["c1"]));
    }

    [Fact]
    public void A_link_or_a_file_is_no_container()
    {
        using var temporary = new TemporaryRoot();
        using var elsewhere = new TemporaryRoot();
        Directory.CreateSymbolicLink(temporary["link"], elsewhere.Path);
        File.WriteAllText(temporary["file"], "");
        using var root = StateRoot.OpenOrCreate(temporary.Path);
        Assert.Null(root.Find("link"));
        Assert.Null(root.Find("file"));
    }

    [Fact]
    public void Only_ids_are_listed_in_order()
    {
        using var temporary = new TemporaryRoot();
        foreach (var name in new[] { "b", "a", "C", "not an id", "@ours" })
        {
            Directory.CreateDirectory(temporary[name]);
        }
        using var root = StateRoot.OpenOrCreate(temporary.Path);
        Assert.Equal(["C", "a", "b"], root.Ids());
        Assert.Equal(["C", "a", "b"], root.Ids());
    }
}
