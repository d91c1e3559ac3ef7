using System.Linq;
using System.Text;
using SharpRun.Cni;
using SharpRun.Net.Plugin;
using Xunit;

namespace SharpRun.Net.Tests;

public sealed class ConfigTests
{
    [Theory]
    [InlineData("10.1.2.0/24", "10.1.2.1-10.1.2.254", "10.1.2.1")]
    [InlineData("10.1.2.4/30", "10.1.2.5-10.1.2.6", "10.1.2.5")]
    [InlineData("0.0.0.0/0", "0.0.0.1-255.255.255.254", "0.0.0.1")]
    [InlineData("fd00::/64", "fd00::1-fd00::ffff:ffff:ffff:ffff", "fd00::1")]
    [InlineData("::/0", "::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::1")]
    public void A_subnet_is_a_range(string subnet, string range, string gateway)
    {
        var read = Calls.Config($$"""
            "ipam":{"type":"host-local","subnet":"{{subnet}}"}
            """).Ipam!.RangeSets.Single().Single();
        Assert.Equal((subnet, range, gateway), (read.Subnet.ToString(), read.ToString(), read.Gateway.ToString()));
    }

    [Fact]
    public void Ranges_come_from_three_places()
    {
        var ipam = Calls.Config("""
            "ipam":{"type":"host-local","subnet":"10.0.0.0/24","ranges":[[{"subnet":"10.0.1.0/24"},{"subnet":"10.0.2.0/24"}]],
            "routes":[{"dst":"::/0"}],"dataDir":"/d","resolvConf":"/r","unknown":{"x":1}},
            "args":{"cni":{"ips":["10.0.1.9"]},"labels":1},"runtimeConfig":{"ipRanges":[[{"subnet":"fd00::/64"}]],"ips":["fd00::9/64","10.0.1.9"]}
            """, "IP=10.0.0.9").Ipam!;
        Assert.Equal("fd00::/64 10.0.0.0/24 10.0.1.0/24,10.0.2.0/24", string.Join(' ', ipam.RangeSets.Select(set => string.Join(',', set.Select(range => range.Subnet)))));
        Assert.Equal("10.0.0.9 10.0.1.9 fd00::9", string.Join(' ', ipam.Requested));
        Assert.Equal(("/d", "/r", "::/0"), (ipam.DataDirectory, ipam.ResolvConf, ipam.Routes.Single().Destination.ToString()));
    }

    [Theory]
    [InlineData("", "", null)]
    [InlineData("", "MAC=02:00:00:00:00:01", "02:00:00:00:00:01")]
    [InlineData(""" "args":{"cni":{"mac":"02:00:00:00:00:02"}} """, "MAC=02:00:00:00:00:01", "02:00:00:00:00:02")]
    [InlineData(""" "args":{"cni":{"mac":"02:00:00:00:00:02"}},"runtimeConfig":{"mac":"0200.0000.0003"} """, "MAC=02:00:00:00:00:01", "02:00:00:00:00:03")]
    public void The_last_mac_wins(string members, string args, string? mac) => Assert.Equal(mac, Calls.Config(members, args).RequestedMac);

    [Theory]
    [InlineData("", false)]
    [InlineData(""" "ipam":{} """, false)]
    [InlineData(""" "ipam":null """, false)]
    [InlineData(""" "ipam":{"type":"static"} """, true)]
    public void Without_ipam_there_are_no_addresses(string members, bool has) => Assert.Equal(has, Calls.Config(members).HasAddresses);

    [Fact]
    public void Letter_case_does_not_matter()
    {
        // As containerd writes them.
        var port = Calls.Config("""
            "runtimeConfig":{"portMappings":[{"HostPort":8080,"ContainerPort":80,"Protocol":"tcp","HostIP":"127.0.0.1"}]}
            """).PortMappings.Single();
        Assert.Equal((8080, 80, "tcp", "127.0.0.1"), (port.HostPort, port.ContainerPort, port.Protocol, port.HostIp!.ToString()));
    }

    [Fact]
    public void A_bridge_has_defaults()
    {
        var config = BridgeConfig.Read(Calls.Config(""" "unknown":[] """));
        Assert.Equal(new BridgeConfig { Bridge = "cni0", PreserveDefaultVlan = true, VlanTrunk = config.VlanTrunk }, config);
        Assert.Empty(config.VlanTrunk);
    }

    [Fact]
    public void A_trunk_is_ranges() =>
        Assert.Equal([(5, 5), (10, 20)], BridgeConfig.Read(Calls.Config(""" "vlanTrunk":[{"id":5},{},{"minID":10,"maxID":20}] """)).VlanTrunk);

    [Theory]
    [InlineData("layer2", """ "bridge":"br0","mtu":1400,"hairpinMode":true,"vlan":7,"portIsolation":true """)]
    [InlineData("dual", """
        "bridge":"br0","isDefaultGateway":true,"ipMasq":true,"enabledad":true,"dns":{"nameservers":["9.9.9.9"]},"ipam":{"type":"static"},
        "prevResult":{"ips":[{"address":"10.1.2.3/24"},{"address":"fd00::3/64","gateway":"fd00::fe"}],"routes":[{"dst":"10.9.0.0/16"},{"dst":"::/0","gw":"fd00::fd"}],"dns":{"domain":"x"}}
        """)]
    [InlineData("no-gateway", """
        "ipMasq":true,"ipam":{"type":"static"},"prevResult":{"ips":[{"address":"10.1.2.3/24"}],"routes":[{"dst":"0.0.0.0/0"}],"dns":{"domain":"x"}}
        """)]
    public void A_bridge_is_planned(string name, string members)
    {
        // What IPAM gives stands in for it as prevResult.
        var call = Calls.Call(members);
        var plans = BridgePlans.Of(call, BridgeConfig.Read(call.Config), call.Config.PrevResult);
        var bridge = plans.Links.Bridge;
        var text = new StringBuilder()
            .AppendLine($"bridge {bridge.Name} mtu {bridge.Mtu} filtering {bridge.VlanFiltering} forwards {bridge.Forwards}: {string.Join(' ', bridge.Addresses)}")
            .AppendLine($"link {plans.Links.ContainerId} {plans.Links.IfName} {plans.Links.NetNs} mtu {plans.Links.Mtu} hairpin {plans.Links.Hairpin} "
                + $"vlan {plans.Links.Vlan} isolation {plans.Links.PortIsolation} dad {plans.Links.EnableDad}");
        foreach (var ip in plans.Links.Addresses)
        {
            text.AppendLine($"address {ip.Address} by {ip.Gateway} of interface {ip.Interface}");
        }
        foreach (var route in plans.Links.Routes)
        {
            text.AppendLine($"route {route.Destination} by {route.Gateway}");
        }
        text.AppendLine($"masquerade {(plans.Firewall is null ? "nothing" : string.Join(' ', plans.Firewall.Masquerade))}");
        text.AppendLine(Encoding.UTF8.GetString(plans.Result.ToDocument("1.1.0")));
        Golden.Verify(text.ToString().ReplaceLineEndings("\n"), $"Bridge_{name}");
    }

    [Fact]
    public void Ports_lead_to_the_first_address_of_each_family_of_the_interface()
    {
        var plan = PortmapPlugin.PlanOf(Calls.Call("""
            "snat":false,"masqAll":true,"runtimeConfig":{"portMappings":[{"hostPort":80,"containerPort":8080,"protocol":"TCP"},
            {"hostPort":53,"containerPort":53,"protocol":"udp","hostIP":"::1"},{"hostPort":54,"containerPort":54,"hostIP":"127.0.0.1"}]}
            """), ResultReader.Read("""
            {"interfaces":[{"name":"eth0"},{"name":"eth0","sandbox":"/n"},{"name":"eth1","sandbox":"/n"}],
            "ips":[{"interface":0,"address":"10.0.0.1/24"},{"interface":2,"address":"10.0.0.2/24"},{"interface":1,"address":"10.0.0.3/24"},{"address":"10.0.0.4/24"}]}
            """u8, "result"))!;
        Assert.Equal("10.0.0.3", string.Join(' ', plan.Targets));
        Assert.Equal((false, true, "net", "portmap"), (plan.PortsFromLoopback, plan.MasqueradePorts, plan.Tag.Network, plan.Tag.Plugin));
        Assert.Equal("any:80:8080/tcp 127.0.0.1:54:54/tcp", string.Join(' ', plan.Ports.Select(port => $"{port.HostIp?.ToString() ?? "any"}:{port.HostPort}:{port.ContainerPort}/{port.Protocol}")));
    }

    [Fact]
    public void Nothing_to_publish_is_no_plan() =>
        Assert.Null(PortmapPlugin.PlanOf(Calls.Call(""), ResultReader.Read("""{"ips":[{"address":"10.0.0.4/24"}]}"""u8, "result")));
}
