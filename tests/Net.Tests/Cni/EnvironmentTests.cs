using SharpRun.Cni;
using Xunit;

namespace SharpRun.Net.Tests;

public sealed class EnvironmentTests
{
    private const string Id = "CNI_CONTAINERID=c1", NetNs = "CNI_NETNS=/run/netns/c1", IfName = "CNI_IFNAME=eth0", Path = "CNI_PATH=/opt/cni/bin";

    [Theory]
    [InlineData("CNI_COMMAND")]
    [InlineData("CNI_COMMAND", "CNI_COMMAND=")]
    [InlineData("CNI_CONTAINERID, CNI_NETNS, CNI_IFNAME, CNI_PATH", "CNI_COMMAND=ADD")]
    [InlineData("CNI_NETNS", "CNI_COMMAND=ADD", Id, IfName, Path)]
    [InlineData("CNI_NETNS", "CNI_COMMAND=CHECK", Id, IfName, Path, "CNI_NETNS=")]
    [InlineData("CNI_IFNAME", "CNI_COMMAND=DEL", Id, Path)]
    [InlineData("CNI_CONTAINERID, CNI_PATH", "CNI_COMMAND=DEL", IfName)]
    [InlineData("CNI_PATH", "CNI_COMMAND=GC")]
    [InlineData("CNI_PATH", "CNI_COMMAND=STATUS")]
    public void What_is_missing_is_named(string missing, params string[] variables) =>
        Refused($"required environment variables are missing: {missing}", variables);

    [Theory]
    [InlineData("CNI_COMMAND: \"add\" is none of ADD, DEL, CHECK, GC, STATUS, VERSION", "CNI_COMMAND=add")]
    [InlineData("CNI_CONTAINERID: \"../x\" is not a letter or digit, followed by letters, digits, \"_\", \".\" and \"-\"", "CNI_COMMAND=ADD", "CNI_CONTAINERID=../x", NetNs, IfName, Path)]
    [InlineData("CNI_CONTAINERID: \"é\" is not a letter or digit, followed by letters, digits, \"_\", \".\" and \"-\"", "CNI_COMMAND=DEL", "CNI_CONTAINERID=é", IfName, Path)]
    [InlineData("CNI_IFNAME: \"sixteen-is-1-more\" has not 1 to 15 bytes", "CNI_COMMAND=ADD", Id, NetNs, "CNI_IFNAME=sixteen-is-1-more", Path)]
    [InlineData("CNI_IFNAME: \"..\" is no name", "CNI_COMMAND=ADD", Id, NetNs, "CNI_IFNAME=..", Path)]
    [InlineData("CNI_IFNAME: \"a/b\" has a slash, a colon or a space", "CNI_COMMAND=DEL", Id, "CNI_IFNAME=a/b", Path)]
    [InlineData("CNI_IFNAME: \"a:b\" has a slash, a colon or a space", "CNI_COMMAND=ADD", Id, NetNs, "CNI_IFNAME=a:b", Path)]
    [InlineData("CNI_IFNAME: \"a b\" has a slash, a colon or a space", "CNI_COMMAND=CHECK", Id, NetNs, "CNI_IFNAME=a b", Path)]
    public void What_is_wrong_is_named(string sentence, params string[] variables) => Refused(sentence, variables);

    [Fact]
    public void Del_needs_no_namespace()
    {
        var call = CniEnvironment.Read(Calls.Variables("CNI_COMMAND=DEL", Id, "CNI_IFNAME=fifteen-of-them", Path));
        Assert.Equal((CniVerb.Del, "c1", "", "/opt/cni/bin"), (call.Verb, call.ContainerId, call.NetNs, call.Path));
    }

    [Fact]
    public void Version_needs_nothing() => Assert.Equal(CniVerb.Version, CniEnvironment.Read(Calls.Variables("CNI_COMMAND=VERSION")).Verb);

    // mutant: CniCheck.MappedAddressIsIPv4
    [Theory]
    [InlineData("", null, null)]
    [InlineData("IP=10.0.0.7;MAC=02-00-00-00-00-0A", "10.0.0.7", "02:00:00:00:00:0a")]
    [InlineData("IP=10.0.0.7/24", "10.0.0.7", null)]
    [InlineData("IgnoreUnknown=1;K8S_POD_NAME=a;IP=;MAC=", null, null)]
    [InlineData("K8S_POD_NAME=a;IgnoreUnknown=true", null, null)]
    [InlineData("IP=::ffff:10.0.0.7", "10.0.0.7", null)]
    [InlineData("IP=fd00::1;GATEWAY=fd00::2", "fd00::1", null)]
    public void Args_are_read(string text, string? ip, string? mac)
    {
        var args = CniArgs.Parse(text);
        Assert.Equal((ip, mac), (args.Ip?.ToString(), args.Mac));
    }

    // mutant: CniCheck.MacIsSixPairs CniCheck.MacIsNoGroups
    [Theory]
    [InlineData("IP", "\"IP\" is no KEY=VALUE")]
    [InlineData("IP=10.1", "IP: \"10.1\" is no IP address")]
    [InlineData("MAC=00:00:00:00:00:00", "MAC: \"00:00:00:00:00:00\" is no address that an interface can have")]
    [InlineData("MAC=02:00:00:00:00:0g", "MAC: \"02:00:00:00:00:0g\" is no address that an interface can have")]
    [InlineData("MAC=02:00:00:00:0001", "MAC: \"02:00:00:00:0001\" is no address that an interface can have")]
    [InlineData("MAC=02:00", "MAC: \"02:00\" is no address that an interface can have")]
    [InlineData("MAC=01:00:00:00:00:00", "MAC: \"01:00:00:00:00:00\" is no address that an interface can have")]
    [InlineData("K8S_POD_NAME=a", "\"K8S_POD_NAME=a\" is not known, and IgnoreUnknown=1 is not given")]
    [InlineData("IgnoreUnknown=0;A=b", "\"A=b\" is not known, and IgnoreUnknown=1 is not given")]
    public void Wrong_args_are_refused(string text, string problem)
    {
        var error = Assert.Throws<CniError>(() => CniArgs.Parse(text));
        Assert.Equal((CniCode.InvalidEnvironment, $"CNI_ARGS: {problem}"), (error.Code, error.Message));
    }

    private static void Refused(string sentence, string[] variables)
    {
        var error = Assert.Throws<CniError>(() => CniEnvironment.Read(Calls.Variables(variables)));
        Assert.Equal((CniCode.InvalidEnvironment, sentence), (error.Code, error.Message));
    }
}
