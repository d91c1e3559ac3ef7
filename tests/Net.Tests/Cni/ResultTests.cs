using System.Linq;
using System.Text;
using SharpRun.Cni;
using Xunit;

namespace SharpRun.Net.Tests;

public sealed class ResultTests
{
    private const string Everything = """
        {"cniVersion":"1.1.0","interfaces":[{"name":"cni0","mac":"02:00:00:00:00:01"},{"name":"veth1"},
        {"name":"eth0","mac":"02:00:00:00:00:03","mtu":1400,"sandbox":"/run/netns/a","socketPath":"/s","pciID":"0000:00:01.0"}],
        "ips":[{"interface":2,"address":"10.1.2.3/24","gateway":"10.1.2.1"},{"address":"fd00::3/64"}],
        "routes":[{"dst":"0.0.0.0/0"},{"dst":"fd00:1::/48","gw":"fd00::1","mtu":1300,"advmss":1200,"priority":10,"table":100,"scope":253}],
        "dns":{"nameservers":["10.1.2.1"],"domain":"example","search":["a","b"],"options":["ndots:2"]}}
        """;

    [Theory]
    [InlineData("0.3.0")]
    [InlineData("0.3.1")]
    [InlineData("0.4.0")]
    [InlineData("1.0.0")]
    [InlineData("1.1.0")]
    public void Each_version_writes_what_it_knows(string version)
    {
        var written = ResultReader.Read(Encoding.UTF8.GetBytes(Everything), "result").ToDocument(version);
        Golden.Verify(Encoding.UTF8.GetString(written).Replace("},", "},\n", System.StringComparison.Ordinal) + "\n", $"Result_{version}");
        // And reads it again: what it had no word for is lost, the rest is the same.
        Assert.Equal(written, ResultReader.Read(written, "result").ToDocument(version));
    }

    [Fact]
    public void An_empty_result_is_one() =>
        Assert.Equal("""{"cniVersion":"1.0.0","dns":{}}""", Encoding.UTF8.GetString(new CniResult().ToDocument("1.0.0")));

    [Fact]
    public void An_interface_of_minus_one_is_none() =>
        Assert.Null(ResultReader.Read("""{"ips":[{"version":"4","interface":-1,"address":"10.0.0.2/8"}]}"""u8, "result").Ips.Single().Interface);

    [Fact]
    public void Versions_are_told() =>
        Assert.Equal("""{"cniVersion":"1.1.0","supportedVersions":["0.3.0","0.3.1","0.4.0","1.0.0","1.1.0"]}""", Encoding.UTF8.GetString(CniVersion.ToDocument()));

    [Fact]
    public void An_error_is_a_document() =>
        Assert.Equal("""{"cniVersion":"0.4.0","code":7,"msg":"a \"b\""}""", Encoding.UTF8.GetString(new CniError(CniCode.InvalidConfig, "a \"b\"").ToDocument("0.4.0")));

    [Theory]
    [InlineData("""{"cniVersion":"1.0.0","code":11,"msg":"later","details":"much"}""", 11, "plugin x: later; much")]
    [InlineData("""{"code":100,"msg":""}""", 100, "plugin x: no message")]
    [InlineData("""{"msg":"no code"}""", 0, null)]
    [InlineData("panic: x", 0, null)]
    public void Errors_of_others_are_read(string document, int code, string? message)
    {
        var error = CniError.Read(Encoding.UTF8.GetBytes(document), "plugin x");
        Assert.Equal((code, message), (error is null ? 0 : (int)error.Code, error?.Message));
    }

    [Theory]
    [InlineData("""{"cniVersion":"0.4.0","name":7}""", "0.4.0")]
    [InlineData("""{"cniVersion":"0.1.0"}""", "1.1.0")]
    [InlineData("{", "1.1.0")]
    public void An_error_is_told_in_the_callers_version(string document, string version) =>
        Assert.Equal(version, NetworkConfig.VersionOf(Encoding.UTF8.GetBytes(document)));
}
