using System;
using SharpRun.Cni;
using SharpRun.Json;
using SharpRun.Net.Plugin;
using Xunit;

namespace SharpRun.Net.Tests;

/// <summary>Every configuration that is refused, with its code and sentence.</summary>
public sealed class RefusalTests
{
    private const string Subnet = "\"subnet\":\"10.1.2.0/24\"";

    [Theory]
    [InlineData(6, "the document is empty", "")]
    [InlineData(6, "line 1, byte 2: the document is no JSON", "{x")]
    [InlineData(6, "an object is expected, found an array", "[]")]
    [InlineData(6, "\"name\" is given twice", """{"name":"a","name":"b"}""")]
    [InlineData(6, "name: a string is expected, found a number", """{"cniVersion":"1.0.0","name":7}""")]
    [InlineData(7, "name: the network has no name", """{"cniVersion":"1.0.0"}""")]
    [InlineData(7, "name: \"a/b\" is not a letter or digit, followed by letters, digits, \"_\", \".\" and \"-\"", """{"cniVersion":"1.0.0","name":"a/b"}""")]
    [InlineData(7, "name: \"..\" is not a letter or digit, followed by letters, digits, \"_\", \".\" and \"-\"", """{"cniVersion":"1.0.0","name":".."}""")]
    public void Documents(int code, string sentence, string document) =>
        Refused(code, $"network configuration: {sentence}", () => NetworkConfig.Read(System.Text.Encoding.UTF8.GetBytes(document), CniArgs.None));

    [Theory]
    [InlineData("0.1.0", "0.1.0")]
    [InlineData("0.2.0", "0.2.0")]
    [InlineData("1.2.0", "1.2.0")]
    [InlineData("1.0", "1.0")]
    [InlineData("", "0.1.0 (no cniVersion is given)")]
    public void Versions(string version, string said) =>
        Refused(1, $"incompatible CNI versions: the configuration is of {said}, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0 are supported",
            () => NetworkConfig.Read(Calls.Document("", version), CniArgs.None));

    // mutant: CniCheck.RequestIsAnAddress
    [Theory]
    [InlineData(6, "capabilities.mac: true or false is expected, found a string", """ "capabilities":{"mac":"true"} """)]
    [InlineData(6, "disableGC: true or false is expected, found a number", """ "disableGC":1 """)]
    [InlineData(6, "dns.search[1]: a string is expected, found null", """ "dns":{"search":["a",null]} """)]
    [InlineData(6, "runtimeConfig: an object is expected, found an array", """ "runtimeConfig":[] """)]
    [InlineData(7, "runtimeConfig.mac: \"zz\" is no address that an interface can have", """ "runtimeConfig":{"mac":"zz"} """)]
    [InlineData(7, "args.cni.mac: \"00:00:00:00:00:00\" is no address that an interface can have", """ "args":{"cni":{"mac":"00:00:00:00:00:00"}} """)]
    [InlineData(7, "runtimeConfig.portMappings[0].hostPort: 65536 is not within 1 and 65535", """ "runtimeConfig":{"portMappings":[{"hostPort":65536,"containerPort":1}]} """)]
    [InlineData(7, "runtimeConfig.portMappings[0].hostPort: 0 is not within 1 and 65535", """ "runtimeConfig":{"portMappings":[{"hostPort":0,"containerPort":1}]} """)]
    [InlineData(6, "runtimeConfig.portMappings[0].containerPort: the member is missing", """ "runtimeConfig":{"portMappings":[{"hostPort":1}]} """)]
    [InlineData(7, "runtimeConfig.portMappings[0].protocol: \"icmp\" is none of tcp, udp, sctp", """ "runtimeConfig":{"portMappings":[{"hostPort":1,"containerPort":1,"protocol":"icmp"}]} """)]
    [InlineData(7, "runtimeConfig.portMappings[0].hostIP: \"localhost\" is no IP address", """ "runtimeConfig":{"portMappings":[{"hostPort":1,"containerPort":1,"hostIP":"localhost"}]} """)]
    [InlineData(6, "cni.dev/valid-attachments[0].ifname: the member is missing", """ "cni.dev/valid-attachments":[{"containerID":"a"}] """)]
    [InlineData(1, "prevResult: the result is of CNI 0.2.0; 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0 are supported", """ "prevResult":{"cniVersion":"0.2.0","ip4":{"ip":"10.0.0.2/24"}} """)]
    [InlineData(7, "prevResult.ips[0].address: \"10.0.0.2\" is no IP address with the length of a prefix", """ "prevResult":{"ips":[{"address":"10.0.0.2"}]} """)]
    [InlineData(7, "prevResult.routes[0]: the gateway fd00::1 is not of the family of 0.0.0.0/0", """ "prevResult":{"routes":[{"dst":"0.0.0.0/0","gw":"fd00::1"}]} """)]
    [InlineData(7, "runtimeConfig.ips[0]: \"10.1\" is no IP address", $$""" "ipam":{"type":"host-local",{{Subnet}}},"runtimeConfig":{"ips":["10.1"]} """)]
    [InlineData(7, "ipam.type: a plugin's name has no slash", """ "ipam":{"type":"../../bin/sh"} """)]
    public void Members(int code, string sentence, string members) =>
        Refused(code, $"network configuration: {sentence}", () => Calls.Config(members));

    // mutant: CniCheck.PrefixIsShort
    [Theory]
    [InlineData("ipam: neither \"ranges\" nor \"subnet\" says which addresses there are", "")]
    [InlineData("ipam.subnet: \"10.1.2.0\" is no IP address with the length of a prefix", "\"subnet\":\"10.1.2.0\"")]
    [InlineData("ipam.subnet: \"10.1.2/24\" is no IP address with the length of a prefix", "\"subnet\":\"10.1.2/24\"")]
    [InlineData("ipam.subnet: \"fe80::%1/64\" is no IP address with the length of a prefix", "\"subnet\":\"fe80::%1/64\"")]
    [InlineData("ipam.subnet: 10.1.2.3/24 has bits of a host: the network is 10.1.2.0/24", "\"subnet\":\"10.1.2.3/24\"")]
    [InlineData("ipam.subnet: 10.1.2.0/31 is too small: network, gateway and broadcast leave no address", "\"subnet\":\"10.1.2.0/31\"")]
    [InlineData("ipam.subnet: \"10.1.2.0/33\" is no IP address with the length of a prefix", "\"subnet\":\"10.1.2.0/33\"")]
    [InlineData("ipam.subnet: fd00::/127 is too small: network, gateway and broadcast leave no address", "\"subnet\":\"fd00::/127\"")]
    [InlineData("ipam.gateway: fd00::1 is not of the family of 10.1.2.0/24", $"{Subnet},\"gateway\":\"fd00::1\"")]
    [InlineData("ipam.rangeStart: 10.1.1.255 is not in 10.1.2.0/24", $"{Subnet},\"rangeStart\":\"10.1.1.255\"")]
    [InlineData("ipam.rangeEnd: \"010.1.2.3\" is no IP address", $"{Subnet},\"rangeEnd\":\"010.1.2.3\"")]
    [InlineData("ipam: rangeStart 10.1.2.20 is behind rangeEnd 10.1.2.10", $"{Subnet},\"rangeStart\":\"10.1.2.20\",\"rangeEnd\":\"10.1.2.10\"")]
    [InlineData("ipam.ranges[0]: the set has no range", "\"ranges\":[[]]")]
    [InlineData("ipam.ranges[0]: the set has ranges of IPv4 and of IPv6: each family needs a set of its own", $"\"ranges\":[[{{{Subnet}}},{{\"subnet\":\"fd00::/64\"}}]]")]
    [InlineData("ipam.ranges[0]: the ranges 10.1.2.1-10.1.2.254 and 10.1.2.5-10.1.2.254 overlap", $"\"ranges\":[[{{{Subnet}}},{{{Subnet},\"rangeStart\":\"10.1.2.5\"}}]]")]
    [InlineData("ipam: the sets of ranges 0 and 1 overlap", $"{Subnet},\"ranges\":[[{{\"subnet\":\"10.1.0.0/16\"}}]]")]
    [InlineData("ipam.dataDir: \"var\" is no absolute path", $"{Subnet},\"dataDir\":\"var\"")]
    [InlineData("ipam.resolvConf: \"../etc\" is no absolute path", $"{Subnet},\"resolvConf\":\"../etc\"")]
    public void HostLocal(string sentence, string members) =>
        Refused(7, $"network configuration: {sentence}", () => Calls.Config($"\"ipam\":{{\"type\":\"host-local\"{(members.Length > 0 ? "," : "")}{members}}}"));

    [Fact]
    public void Host_local_needs_ipam() => Refused(7, "network configuration: ipam: the member is missing", () => Calls.Config("", isForHostLocal: true));

    // mutant: CniCheck.TrunkIsOneOfTwoForms
    [Theory]
    [InlineData(7, "bridge: \"a/b\" has a slash, a colon or a space", """ "bridge":"a/b" """)]
    [InlineData(6, "isGateway: true or false is expected, found a string", """ "isGateway":"yes" """)]
    [InlineData(7, "mtu: -1 is not within 0 and 65535", """ "mtu":-1 """)]
    [InlineData(7, "mtu: 67 is less than IPv4's least, 68", """ "mtu":67 """)]
    [InlineData(6, "mtu: 1.5 is no whole number of 64 bits", """ "mtu":1.5 """)]
    [InlineData(7, "vlan: 4095 is not within 0 and 4094", """ "vlan":4095 """)]
    [InlineData(7, "vlanTrunk[0].id: 0 is not within 1 and 4094", """ "vlanTrunk":[{"id":0}] """)]
    [InlineData(7, "vlanTrunk[0]: minID and maxID belong together", """ "vlanTrunk":[{"minID":1}] """)]
    [InlineData(7, "vlanTrunk[0]: minID and maxID, or id, not both", """ "vlanTrunk":[{"minID":1,"maxID":3,"id":2}] """)]
    [InlineData(7, "vlanTrunk[0]: minID 9 is greater than maxID 3", """ "vlanTrunk":[{"minID":9,"maxID":3}] """)]
    [InlineData(7, "vlan and vlanTrunk: a port has the one or the other", """ "vlan":5,"vlanTrunk":[{"id":6}] """)]
    [InlineData(7, "hairpinMode and promiscMode are not for one bridge: a frame would come back twice", """ "hairpinMode":true,"promiscMode":true """)]
    [InlineData(7, "disableContainerInterface: an interface that stays down gets no address; \"ipam\" must be absent", """ "disableContainerInterface":true,"ipam":{"type":"static"} """)]
    [InlineData(7, "bridge: the gateway's interface in the VLAN would be called \"bridge-abcd.4000\", more than 15 bytes", """ "bridge":"bridge-abcd","vlan":4000,"isGateway":true,"ipam":{"type":"static"} """)]
    [InlineData(2, "macspoofchk is not supported", """ "macspoofchk":true """)]
    [InlineData(7, "ipMasqBackend: \"ebtables\" is neither iptables nor nftables", """ "ipMasqBackend":"ebtables" """)]
    public void Bridge(int code, string sentence, string members) =>
        Refused(code, $"network configuration: {sentence}", () => BridgeConfig.Read(Calls.Config(members)));

    [Theory]
    [InlineData(2, "conditionsV4: conditions in iptables' words are not supported", """ "conditionsV4":["-s","10.0.0.0/8"] """)]
    [InlineData(2, "conditionsV6: conditions in iptables' words are not supported", """ "conditionsV6":["!"] """)]
    [InlineData(7, "markMasqBit: 32 is not within 0 and 31", """ "markMasqBit":32 """)]
    [InlineData(7, "markMasqBit and externalSetMarkChain: only one of them", """ "markMasqBit":3,"externalSetMarkChain":"X" """)]
    [InlineData(7, "backend: \"ipvs\" is neither iptables nor nftables", """ "backend":"ipvs" """)]
    [InlineData(6, "snat: true or false is expected, found a number", """ "snat":0 """)]
    public void Portmap(int code, string sentence, string members) =>
        Refused(code, $"network configuration: {sentence}", () => PortmapConfig.Read(Calls.Config(members)));

    [Theory]
    [InlineData(CniVerb.Check, "0.3.1", "the configuration is of CNI 0.3.1, which has no CHECK")]
    [InlineData(CniVerb.GC, "1.0.0", "the configuration is of CNI 1.0.0, which has no GC")]
    [InlineData(CniVerb.Status, "1.0.0", "the configuration is of CNI 1.0.0, which has no STATUS")]
    public void Verbs(CniVerb verb, string version, string sentence)
    {
        var call = Calls.Call("");
        call = call with { Environment = call.Environment with { Verb = verb }, Config = call.Config with { CniVersion = version } };
        Refused(1, sentence, () => Plugins.Act(PluginNames.Bridge, call));
    }

    [Fact]
    public void Portmap_without_a_result() =>
        Refused(7, "network configuration: prevResult: the member is missing", () => Plugins.Act(PluginNames.Portmap, Calls.Call("")));

    [Fact]
    public void Gc_without_a_list()
    {
        var call = Calls.Call("");
        Refused(7, "network configuration: cni.dev/valid-attachments: the member is missing; without it all attachments would be removed",
            () => Plugins.Act(PluginNames.Bridge, call with { Environment = call.Environment with { Verb = CniVerb.GC } }));
    }

    private static void Refused(int code, string sentence, Action act)
    {
        var error = CniPlugin.ErrorOf(Assert.ThrowsAny<Exception>(act));
        Assert.Equal((code, sentence), ((int)error.Code, error.Message));
    }
}
