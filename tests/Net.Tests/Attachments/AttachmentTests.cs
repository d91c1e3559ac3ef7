using System;
using System.IO;
using System.Linq;
using System.Net;
using System.Text;
using SharpRun.Cni;
using SharpRun.CommandLine;
using SharpRun.Net.Attachments;
using Xunit;

namespace SharpRun.Net.Tests.Attachments;

public sealed class AttachmentTests
{
    [Theory]
    [InlineData("80:8080", null, 80, 8080, "tcp")]
    [InlineData("80:8080/udp", null, 80, 8080, "udp")]
    [InlineData("127.0.0.1:1:65535/tcp", "127.0.0.1", 1, 65535, "tcp")]
    [InlineData("[::1]:80:8080/sctp", "::1", 80, 8080, "sctp")]
    public void Ports_are_read_and_written(string word, string? ip, int host, int container, string protocol)
    {
        var port = PortWord.Parse(word)!;
        Assert.Equal(new PortRequest(ip is null ? null : IPAddress.Parse(ip), host, container, protocol), port);
        Assert.Equal(port, PortWord.Parse(PortWord.TextOf(port)));
    }

    [Theory]
    [InlineData("80")]
    [InlineData("80:")]
    [InlineData(":80")]
    [InlineData("0:80")]
    [InlineData("80:65536")]
    [InlineData("80:80/icmp")]
    [InlineData("80:80/")]
    [InlineData("::1:80:80")]
    [InlineData("[127.0.0.1]:80:80")]
    [InlineData("host:80:80")]
    [InlineData("1.2.3:80:80")]
    [InlineData("-1:80")]
    [InlineData("80-90:80-90")]
    [InlineData("")]
    public void Other_words_are_no_ports(string word) => Assert.Null(PortWord.Parse(word));

    [Theory]
    [InlineData("80:1", "80:2", true)]
    [InlineData("80:1", "81:1", false)]
    [InlineData("80:1", "80:1/udp", false)]
    [InlineData("127.0.0.1:80:1", "80:1", true)]
    [InlineData("127.0.0.1:80:1", "0.0.0.0:80:1", true)]
    [InlineData("127.0.0.1:80:1", "127.0.0.2:80:1", false)]
    public void Ports_collide(string one, string other, bool expected) => Assert.Equal(expected, PortWord.Collide(PortWord.Parse(one)!, PortWord.Parse(other)!));

    [Fact]
    public void A_record_is_read_as_it_was_written()
    {
        var record = Record("c1", "10.83.0.2") with
        {
            NetNsId = "0:4:5",
            MakesNetNs = true,
            HostsFile = "/b/hosts",
            CniPath = "/p",
            CniArgs = "IP=1",
            Wishes = new RuntimeArguments { Mac = "02:00:00:00:00:01", Ips = [IPAddress.Parse("10.83.0.2")], PortMappings = [PortWord.Parse("80:80")!] },
        };
        var read = AttachmentRecord.Read(record.ToDocument(), "record");
        Assert.Equal(Encoding.UTF8.GetString(record.ToDocument()), Encoding.UTF8.GetString(read.ToDocument()));
        Assert.Equal(IPAddress.Parse("10.83.0.2"), Assert.Single(read.Addresses));
        Assert.True(read.Network.IsBuiltIn);
        Assert.Null(AttachmentRecord.Read((record with { Result = null }).ToDocument(), "record").Result);
    }

    [Theory]
    [InlineData("c1", "/run/netns/c1", "c1.json")]
    [InlineData("/run/netns/c1", "/run/netns/c1", "c1.json")]
    [InlineData("/var/run/netns/c1", "/run/netns/c1", "c1.json")]
    [InlineData("/proc/7/ns/net", "/proc/7/ns/net", "%2Fproc%2F7%2Fns%2Fnet.json")]
    [InlineData("/run/netns/a/b", "/run/netns/a/b", "%2Frun%2Fnetns%2Fa%2Fb.json")]
    [InlineData("%2Fx", "/run/netns/%2Fx", "%252Fx.json")]
    public void A_namespace_has_one_path_and_one_record(string word, string path, string record)
    {
        Assert.Equal(path, NetworkFiles.NetNsOf(word));
        Assert.Equal(record, NetworkFiles.RecordOf(path));
    }

    [Fact]
    public void Records_appear_and_go_and_the_names_with_them()
    {
        using var room = new Room();
        using (var network = NetworkDirectory.Open(room.Path, "sharprun", makes: true)!)
        {
            network.Write(Record("c1", "10.83.0.2"));
            network.Write(Record("c2", "10.83.0.3"));
            network.WriteHosts();
        }
        File.WriteAllText(Path.Combine(room.Path, "networks/sharprun/torn.json"), "{");
        var hosts = NetworkFiles.HostsOf(room.Path, "/run/netns/c2");
        Assert.Equal(Path.Combine(room.Path, "networks/sharprun/hosts"), hosts);
        Assert.Null(NetworkFiles.HostsOf(room.Path, "/run/netns/c3"));
        Assert.Contains("\n10.83.0.2\tc1\n10.83.0.3\tc2\n", File.ReadAllText(hosts!), StringComparison.Ordinal);
        using var open = File.OpenRead(hosts!);
        using (var network = NetworkDirectory.Open(room.Path, "sharprun", makes: false)!)
        {
            Assert.Equal("torn.json", Assert.Single(network.Broken));
            Assert.Equal(2, network.Records.Count);
            network.Remove(network.Find("/run/netns/c1")!);
            network.WriteHosts();
        }
        var text = new StreamReader(open).ReadToEnd();
        Assert.Contains("localhost", text, StringComparison.Ordinal);
        Assert.DoesNotContain("c1", text, StringComparison.Ordinal);
        Assert.Contains("10.83.0.3\tc2\n", text, StringComparison.Ordinal);
        Assert.Null(NetworkDirectory.Open(room.Path, "other", makes: false));
    }

    [Fact]
    public void What_others_write_into_hosts_stays()
    {
        var first = HostsFile.Replace("127.0.0.1 localhost\n192.0.2.1 mine", "n", [Record("c1", "10.83.0.2")]);
        Assert.Equal("127.0.0.1 localhost\n192.0.2.1 mine\n# containers of the network n\n10.83.0.2\tc1\n# end of n\n", first);
        var other = HostsFile.Replace(first, "m", [Record("c2", "10.84.0.2")]);
        Assert.StartsWith(first, other, StringComparison.Ordinal);
        Assert.Equal("127.0.0.1 localhost\n192.0.2.1 mine\n# containers of the network m\n10.84.0.2\tc2\n# end of m\n# containers of the network n\n# end of n\n", HostsFile.Replace(other, "n", []));
    }

    [Theory]
    [InlineData("eth0\t0000530A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0", "10.83.0.0/16 by eth0")]
    [InlineData("eth0\t0800530A\t00000000\t0001\t0\t0\t0\tF8FFFFFF\t0\t0\t0", "10.83.0.8/29 by eth0")]
    [InlineData("eth0\t00000000\t0100530A\t0003\t0\t0\t0\t00000000\t0\t0\t0", null)]
    [InlineData("eth0\t0001530A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0", null)]
    [InlineData("sharprun0\t0000530A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0", null)]
    public void Routes_of_the_host_are_compared(string line, string? expected) =>
        Assert.Equal(expected, HostRoutes.Overlapping($"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n{line}\n", KnownNetwork.BuiltInSubnet, "sharprun0"));

    [Fact]
    public void Networks_come_from_files_and_one_is_built_in()
    {
        using var room = new Room();
        File.WriteAllText(Path.Combine(room.Path, "20-b.conflist"), """{"cniVersion":"1.0.0","name":"b","plugins":[{"type":"bridge"}]}""");
        File.WriteAllText(Path.Combine(room.Path, "10-b.conf"), """{"cniVersion":"1.0.0","name":"b","type":"ptp"}""");
        File.WriteAllText(Path.Combine(room.Path, "30-bad.json"), "{");
        File.WriteAllText(Path.Combine(room.Path, "readme.txt"), "{");
        var warnings = 0;
        Assert.Equal(["b", "sharprun"], NetworkFolder.ReadAll(room.Path, _ => warnings++).Select(network => network.Name));
        Assert.Equal(1, warnings);
        Assert.Equal("ptp", NetworkFolder.Find("b", room.Path).List.Plugins[0].Type);
        Assert.Contains("30-bad.json", Assert.Throws<NetError>(() => NetworkFolder.Find("c", room.Path)).Message, StringComparison.Ordinal);
        Assert.True(NetworkFolder.Find("sharprun", room.Path + "/none").IsBuiltIn);
    }

    private static AttachmentRecord Record(string name, string address) => new()
    {
        NetNs = $"/run/netns/{name}",
        ContainerId = name,
        IfName = "eth0",
        Name = name,
        BootId = "b",
        Network = KnownNetwork.BuiltIn,
        Result = new CniResult { Ips = { new ResultIp(new Cidr(IPAddress.Parse(address), 24), null) } },
    };

    private sealed class Room : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("sharprun-net-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
