using System.Linq;
using Xunit;
using static SharpRun.Planning.NativeFlags;

namespace SharpRun.Planning.Tests;

public sealed class MountOptionTests
{
    private static MountFlags Parse(string words) => MountOptions.Parse("mounts[4].options", words.Split(' '));

    private static string DataOf(MountFlags flags) => string.Join(' ', flags.Data.Select(option => option.ToString()));

    [Theory]
    [InlineData("ro", MOUNT_ATTR_RDONLY, 0)]
    [InlineData("rw", 0, MOUNT_ATTR_RDONLY)]
    [InlineData("nosuid", MOUNT_ATTR_NOSUID, 0)]
    [InlineData("suid", 0, MOUNT_ATTR_NOSUID)]
    [InlineData("nodev", MOUNT_ATTR_NODEV, 0)]
    [InlineData("dev", 0, MOUNT_ATTR_NODEV)]
    [InlineData("noexec", MOUNT_ATTR_NOEXEC, 0)]
    [InlineData("exec", 0, MOUNT_ATTR_NOEXEC)]
    [InlineData("nodiratime", MOUNT_ATTR_NODIRATIME, 0)]
    [InlineData("diratime", 0, MOUNT_ATTR_NODIRATIME)]
    [InlineData("nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0)]
    [InlineData("symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW)]
    [InlineData("noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME)]
    [InlineData("strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME)]
    [InlineData("relatime", 0, MOUNT_ATTR__ATIME)]
    [InlineData("atime", 0, MOUNT_ATTR__ATIME)]
    [InlineData("nostrictatime", 0, MOUNT_ATTR__ATIME)]
    [InlineData("norelatime", 0, 0)]
    [InlineData("defaults silent loud iversion noiversion async nolazytime nomand", 0, 0)]
    [InlineData("nosuid noexec nodev ro", 15, 0)]
    [InlineData("ro rw", 0, MOUNT_ATTR_RDONLY)]
    [InlineData("rw ro", MOUNT_ATTR_RDONLY, 0)]
    [InlineData("dev nodev suid nosuid", MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID, 0)]
    [InlineData("noatime strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME)]
    [InlineData("strictatime noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME)]
    [InlineData("noatime relatime", 0, MOUNT_ATTR__ATIME)]
    [InlineData("noatime atime", 0, MOUNT_ATTR__ATIME)]
    [InlineData("strictatime atime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME)]
    [InlineData("strictatime nostrictatime", 0, MOUNT_ATTR__ATIME)]
    [InlineData("noatime nostrictatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME)]
    [InlineData("relatime norelatime", 0, 0)]
    [InlineData("noatime norelatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME)]
    public void Attributes_are_set_and_cleared_and_the_last_word_wins(string words, uint set, uint clear)
    {
        var flags = Parse(words);
        Assert.Equal((set, clear), (flags.AttributesSet, flags.AttributesClear));
        Assert.Empty(flags.Data);
        Assert.Empty(flags.Propagation);
        Assert.False(flags.Bind);
        Assert.Equal(0u, flags.AttributesReset);
    }

    [Theory]
    [InlineData("bind", true, false)]
    [InlineData("rbind", true, true)]
    [InlineData("bind rbind", true, true)]
    [InlineData("rbind bind", true, false)]
    [InlineData("ro", false, false)]
    public void Bind_is_told(string words, bool bind, bool recursive) => Assert.Equal((bind, recursive), (Parse(words).Bind, Parse(words).Recursive));

    [Theory]
    [InlineData("rbind", 0)]
    [InlineData("rbind rprivate", 0)]
    [InlineData("bind ro", 0x20000E)]
    [InlineData("bind rw", 0x20000E)]
    [InlineData("bind nosuid noexec", 0x200005)]
    [InlineData("bind noatime", 0x20000F)]
    public void An_explicit_flag_resets_the_others_of_a_bind_mount(string words, uint reset) => Assert.Equal(reset, Parse(words).AttributesReset);

    [Theory]
    [InlineData("rro", MOUNT_ATTR_RDONLY, 0)]
    [InlineData("rro rrw", 0, MOUNT_ATTR_RDONLY)]
    [InlineData("rnosuid rnodev rnoexec rnodiratime rnosymfollow", 0x20008E, 0)]
    [InlineData("rsuid rdev rexec rdiratime rsymfollow", 0, 0x20008E)]
    [InlineData("rnoatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME)]
    [InlineData("rstrictatime rrelatime", 0, MOUNT_ATTR__ATIME)]
    [InlineData("rnoatime ratime", 0, MOUNT_ATTR__ATIME)]
    public void Recursive_words_are_for_all_below(string words, uint set, uint clear)
    {
        var flags = Parse("bind " + words);
        Assert.Equal((set, clear), (flags.RecursiveSet, flags.RecursiveClear));
        Assert.Equal((0u, 0u, 0u), (flags.AttributesSet, flags.AttributesClear, flags.AttributesReset));
        Assert.True(flags.HasRecursive);
        Assert.False(Parse("bind ro nosuid noatime").HasRecursive);
    }

    [Fact]
    public void Remount_is_told() => Assert.Equal((true, false), (Parse("remount ro").Remount, Parse("ro").Remount));

    [Fact]
    public void Propagation_keeps_its_order()
    {
        var flags = Parse("rshared ro slave unbindable rprivate runbindable private rslave shared");
        Assert.Equal(
            [
                (MS_SHARED, true), (MS_SLAVE, false), (MS_UNBINDABLE, false), (MS_PRIVATE, true),
                (MS_UNBINDABLE, true), (MS_PRIVATE, false), (MS_SLAVE, true), (MS_SHARED, false),
            ],
            flags.Propagation);
    }

    [Theory]
    [InlineData("sync dirsync lazytime mand", "sync dirsync lazytime mand")]
    [InlineData("sync async", "")]
    [InlineData("async sync", "sync")]
    [InlineData("lazytime nolazytime mand nomand", "")]
    [InlineData("mode=755 nosuid size=65536k sync", "sync mode=755 size=65536k")]
    [InlineData("newinstance ptmxmode=0666 gid=5 mode=0620", "newinstance ptmxmode=0666 gid=5 mode=0620")]
    [InlineData("mode=755,size=1k,noswap", "mode=755 size=1k noswap")]
    [InlineData("upperdir=/a=b workdir=", "upperdir=/a=b workdir=")]
    [InlineData("lowerdir=/a\\,b,xino=off", "lowerdir=/a\\,b xino=off")]
    [InlineData("context=\"u:r:t:s0:c1,c2\",ro", "context=\"u:r:t:s0:c1,c2\" ro")]
    public void Data_is_one_option_a_call_in_order(string words, string data) => Assert.Equal(data, DataOf(Parse(words)));

    [Fact]
    public void A_flag_has_no_value_and_an_empty_value_is_one()
    {
        var data = Parse("newinstance workdir=").Data;
        Assert.Null(data[0].Value);
        Assert.Equal("", data[1].Value!.ToString());
        Assert.Equal(("workdir", "newinstance"), (data[1].Key.ToString(), data[0].Key.ToString()));
    }

    [Fact]
    public void Empty_words_and_no_words_say_nothing()
    {
        Assert.Same(MountFlags.None, MountOptions.Parse("x", []));
        Assert.Equal((0u, 0u, 0), (Parse("").AttributesSet, Parse("").AttributesClear, Parse(" ").Data.Count));
        Assert.True(MountOptions.Parse("x", [], isBind: true).Bind);
    }

    [Theory]
    [InlineData("rbind nosuidd", "mounts[4].options[1]: \"nosuidd\" is not a mount option")]
    [InlineData("nosuidd ro bind", "mounts[4].options[0]: \"nosuidd\" is not a mount option")]
    [InlineData("bind mode=755", "mounts[4].options[1]: \"mode=755\" is not a mount option")]
    [InlineData("bind RO", "mounts[4].options[1]: \"RO\" is not a mount option")]
    [InlineData("ro =x", "mounts[4].options[1]: \"=x\" has a value but no name")]
    [InlineData("bind idmap=uids=0-1-1", "mounts[4].options[1]: \"idmap=uids=0-1-1\" is not a mount option")]
    public void A_wrong_word_is_named_with_its_place(string words, string problem) =>
        Assert.Equal($"config.json: {problem}", Assert.Throws<SpecError>(() => Parse(words)).Message);

    [Fact]
    public void Flags_of_the_file_system_mean_nothing_to_a_bind_mount() => Assert.Empty(Parse("bind sync lazytime").Data);

    // mount(2) splits its data at commas that are not quoted; fsconfig(2) takes a label as it is.
    [Theory]
    [InlineData("context=\"a:b:c:s0:c1,c2\"", "a:b:c:s0:c1,c2", "context=\"a:b:c:s0:c1,c2\"")]
    [InlineData("rootcontext=a:b:c:s0", "a:b:c:s0", "rootcontext=\"a:b:c:s0\"")]
    [InlineData("lowerdir=\"a\"", "\"a\"", "lowerdir=\"a\"")]
    public void The_quotes_of_a_label_are_no_part_of_it(string word, string value, string text)
    {
        var option = Parse(word).Data.Single();
        Assert.Equal((value, text), (option.Value!.ToString(), option.ToString()));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("rbind", "")]
    [InlineData("mode=755 rslave nosuid strictatime rw", " (rw, nosuid, strictatime, rslave, mode=755)")]
    [InlineData("noatime nodiratime symfollow newinstance", " (nodiratime, symfollow, noatime, newinstance)")]
    [InlineData("bind ro rro rnosuid rnoatime", " (ro, rro, rnosuid, rnoatime)")]
    [InlineData("tmpcopyup mode=755 ro", " (ro, mode=755, tmpcopyup)")]
    [InlineData("bind idmap", "")]
    [InlineData("relatime dev private shared unbindable", " (dev, relatime, private, shared, unbindable)")]
    public void A_plan_can_tell_them(string words, string text) => Assert.Equal(text, Parse(words).Describe());
}
