using System;
using System.Text;
using SharpRun.CommandLine;
using SharpRun.Net.Attachments;
using SharpRun.Net.Cli;
using Xunit;

namespace SharpRun.Net.Tests.Cli;

/// <summary>What people and runtimes say, and how it is refused.</summary>
public sealed class WordsTests
{
    private static readonly KnownNetwork s_plain = KnownNetwork.Read("""{"cniVersion":"1.1.0","name":"n","type":"loopback"}"""u8.ToArray(), "n.conf");

    // mutant: NetCheck.NetworkWordIsAName NetCheck.NamespaceWordIsOne CniCheck.NameIsNotEmpty
    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("-x")]
    [InlineData("a\0b")]
    public void Words_that_name_nothing_are_refused(string word)
    {
        Assert.Throws<UsageError>(() => Words.Network(word));
        Assert.Throws<UsageError>(() => Words.NetNs(word));
        Assert.Throws<UsageError>(() => Words.Network("a/b"));
        Assert.Equal("/run/netns/a", Words.NetNs("a"));
        Assert.Equal("/a/..b", Words.NetNs("/a/..b"));
        Assert.Throws<UsageError>(() => Words.NetNs(new string('a', 201)));
    }

    // mutant: NetCheck.IfNameWordIsOne NetCheck.IpWordIsAnAddress NetCheck.NameWordIsAName NetCheck.PortWordsAreApart
    [Theory]
    [InlineData("--ifname: \"a/b\" has a slash, a colon or a space", "--ifname", "a/b")]
    [InlineData("--ip 10.1: this is no address", "--ip", "10.1")]
    [InlineData("--mac 01:00:00:00:00:00: six pairs of hexadecimal digits are expected, of one interface", "--mac", "01:00:00:00:00:00")]
    [InlineData("--name -a: letters and digits are expected, then also \"_\", \".\" and \"-\"", "--name", "-a")]
    [InlineData("-p 80: [IP:]HOST:CONTAINER[/udp] is expected, ports from 1 to 65535, IPv6 in brackets", "-p", "80")]
    [InlineData("-p 127.0.0.1:80:81: port 80 of the host cannot lead to two places", "-p", "80:80", "-p", "127.0.0.1:80:81")]
    public void Wishes_that_cannot_be_meant_are_refused(string sentence, params string[] words) =>
        Assert.Equal(sentence, Assert.Throws<UsageError>(() => Wanted(KnownNetwork.BuiltIn, words)).Message);

    // mutant: NetCheck.NetworkIsCapable NetCheck.OneIpIsInTheArgs
    [Theory]
    [InlineData("-p: no plugin of the network n (n.conf) has the capability \"portMappings\"", "-p", "80:80")]
    [InlineData("--ip: no plugin of the network n has the capability \"ips\", so that one address alone can be asked for", "--ip", "10.0.0.1", "--ip", "fd00::1")]
    public void Wishes_that_the_network_cannot_grant_are_refused(string sentence, params string[] words) =>
        Assert.Equal(sentence, Assert.Throws<NetError>(() => Wanted(s_plain, words)).Message);

    [Fact]
    public void Plugins_without_the_capability_are_told_the_older_way()
    {
        var wanted = Wanted(s_plain, "--ip", "10.0.0.1", "--mac", "02:00:00:00:00:01");
        Assert.Equal("IgnoreUnknown=1;IP=10.0.0.1;MAC=02:00:00:00:00:01", wanted.CniArgs);
        Assert.Equal("", Wanted(KnownNetwork.BuiltIn, "--ip", "10.83.0.9", "-p", "80:80").CniArgs);
    }

    // mutant: NetCheck.ContainerHasAName NetCheck.ContainerHasAProcess NetCheck.BundleIsAbsolute
    [Fact]
    public void A_hook_is_told_a_container_with_a_name_and_a_process()
    {
        Assert.Equal("/proc/7/ns/net", Hook.NetNsOf(State("""{"id":"c1","pid":7,"bundle":"/b"}""")));
        Assert.Equal(("c1", 0, null), State("""{"id":"c1","bundle":"b"}"""));
        Assert.Equal("/b", State("""{"id":"c1","bundle":"/b"}""").Bundle);
        Assert.Throws<NetError>(() => Hook.NetNsOf(State("""{"id":"c1","pid":0}""")));
        Assert.Throws<NetError>(() => State("""{"id":"a+b","pid":7}"""));

        static (string Id, long Pid, string? Bundle) State(string document) => Hook.StateOf(Encoding.UTF8.GetBytes(document));
    }

    private static AttachmentRecord Wanted(KnownNetwork network, params string[] words)
    {
        var arguments = new Arguments(Options.Tool, Words.UpFlags, "up");
        arguments.Read(words, 0, Arguments.NoFreeText);
        return Words.Wanted(arguments, network, "/run/netns/c1", containerId: null);
    }
}
