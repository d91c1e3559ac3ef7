using System.Linq;
using System.Net;
using System.Text;
using SharpRun.Cni;
using SharpRun.Json;
using Xunit;

namespace SharpRun.Net.Tests;

public sealed class NetworkListTests
{
    private const string List = """
        {"cniVersion":"0.4.0","cniVersions":["1.0.0","0.3.1","2.0.0"],"name":"net","disableCheck":"true","plugins":[
        {"type":"bridge","cniVersion":"0.3.0","bridge":"br0","capabilities":{"mac":true,"ips":true,"portMappings":false}},
        {"type":"portmap","capabilities":{"portMappings":true}}]}
        """;

    private static readonly RuntimeArguments s_arguments = new()
    {
        PortMappings = [new PortRequest(IPAddress.Loopback, 80, 8080, "tcp")],
        Mac = "02:00:00:00:00:01",
        Ips = [IPAddress.Parse("10.0.0.9")],
    };

    [Fact]
    public void Each_plugin_gets_what_it_is_capable_of()
    {
        var list = NetworkList.Read(Encoding.UTF8.GetBytes(List), "net.conflist");
        Assert.Equal(("1.0.0", true, false), (list.CniVersion, list.DisableCheck, list.DisableGc));
        Assert.Equal("""{"cniVersion":"1.0.0","name":"net","type":"bridge","bridge":"br0","runtimeConfig":{"mac":"02:00:00:00:00:01","ips":["10.0.0.9"]}}""",
            Encoding.UTF8.GetString(list.Plugins[0].ToConfig(list, null, s_arguments)));
        Assert.Equal("""
            {"cniVersion":"1.0.0","name":"net","type":"portmap","runtimeConfig":{"portMappings":[{"hostPort":80,"containerPort":8080,"protocol":"tcp","hostIP":"127.0.0.1"}]},"prevResult":{"cniVersion":"1.0.0","dns":{}},"cni.dev/valid-attachments":[{"containerID":"c","ifname":"eth0"}]}
            """, Encoding.UTF8.GetString(list.Plugins[1].ToConfig(list, new CniResult(), s_arguments, [new Attachment("c", "eth0")])));
    }

    [Fact]
    public void One_plugin_is_a_list_of_one()
    {
        var list = NetworkList.Read("""{"cniVersion":"1.0.0","name":"a","type":"bridge","disableGC":true}"""u8, "a.conf");
        Assert.Equal(("bridge", true), (list.Plugins.Single().Type, list.DisableGc));
    }

    // mutant: CniCheck.DescribedNetworkHasAName CniCheck.PluginHasAName CniCheck.PluginHasNoPath CniCheck.ChainHasAPlugin CniCheck.DescribedVersionIsSupported
    [Theory]
    [InlineData("""{"cniVersion":"1.0.0","plugins":[]}""", "f: name: the network has no name")]
    [InlineData("""{"cniVersion":"1.0.0","name":"a","plugins":[]}""", "f: plugins: the list is empty")]
    [InlineData("""{"cniVersion":"1.0.0","name":"a","plugins":[{"type":"a/b"}]}""", "f: plugins[0].type: \"a/b\" is no name of a plugin")]
    [InlineData("""{"cniVersion":"1.0.0","name":"a/b","type":"bridge"}""", "f: name: \"a/b\" is not a letter or digit, followed by letters, digits, \"_\", \".\" and \"-\"")]
    [InlineData("""{"cniVersion":"1.0.0","name":"a","plugins":[{"type":""}]}""", "f: plugins[0].type: \"\" is no name of a plugin")]
    [InlineData("""{"cniVersion":"1.0.0","name":"a"}""", "f: type: the member is missing")]
    [InlineData("""{"cniVersion":"0.2.0","name":"a","type":"bridge"}""", "incompatible CNI versions: the configuration is of 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0 are supported")]
    public void A_wrong_file_is_refused(string document, string sentence) =>
        Assert.Equal(sentence, Assert.ThrowsAny<System.Exception>(() => NetworkList.Read(Encoding.UTF8.GetBytes(document), "f")) is var error and (CniError or JsonError) ? error.Message : null);
}
