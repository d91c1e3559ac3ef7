using System;
using System.IO;
using System.Linq;
using System.Text;
using SharpRun.Cni;
using SharpRun.CommandLine;
using SharpRun.Linux;
using SharpRun.Net.Attachments;
using SharpRun.Net.Cli;
using SharpRun.Net.Leases;
using Xunit;

namespace SharpRun.Net.Tests.Attachments;

/// <summary>What is refused, taken away and kept. The networks have the plugin loopback, whose DEL does nothing, and often one that is nowhere, at which
/// all that is not refused before it ends: nothing is made.</summary>
public sealed class AttacherTests : IDisposable
{
    private const string OwnNetNs = "/proc/self/ns/net";

    private readonly string _root = Directory.CreateTempSubdirectory("sharprun-net-").FullName;

    private static KnownNetwork Network(string more = "") =>
        KnownNetwork.Read(Encoding.UTF8.GetBytes($$"""{"cniVersion":"1.1.0","name":"n"{{more}},"plugins":[{"type":"loopback"},{"type":"no-such-plugin"}]}"""), "n.conflist");

    private static KnownNetwork Loopback { get; } = KnownNetwork.Read("""{"cniVersion":"1.1.0","name":"n","type":"loopback"}"""u8.ToArray(), "n.conf");

    private static AttachmentRecord Living { get; } = new()
    {
        NetNs = OwnNetNs,
        ContainerId = "c1",
        IfName = "eth0",
        Name = "web",
        BootId = LeaseWitness.ReadBootId(),
        Network = Loopback,
        Wishes = new RuntimeArguments { PortMappings = [PortWord.Parse("80:80")!] },
        Result = new CniResult(),
    };

    private static AttachmentRecord Wanted { get; } = Living with
    {
        NetNs = $"/proc/{Environment.ProcessId}/ns/net",
        ContainerId = "c2",
        Name = "db",
        Network = Network(),
        Wishes = new RuntimeArguments(),
        CniPath = "/nowhere",
        Result = null,
    };

    // mutant: NetCheck.AttachmentIsFinished NetCheck.AttachmentIsOfThisBoot NetCheck.NamespaceIsThere NetCheck.NamespaceIsTheSame
    [Fact]
    public void The_dead_are_known_and_in_doubt_it_lives()
    {
        Assert.False(Attacher.IsDead(Living));
        Assert.True(Attacher.IsDead(Living with { Result = null }));
        Assert.True(Attacher.IsDead(Living with { BootId = "another" }));
        Assert.True(Attacher.IsDead(Living with { NetNs = _root + "/none" }));
        Assert.True(Attacher.IsDead(Living with { NetNsId = "0:4:1" }));
    }

    // mutant: NetCheck.NamespaceIsNotAttached NetCheck.ContainerIsNotAttached NetCheck.NameIsFree NetCheck.PortIsFree NetCheck.RivalThatLivesStays
    [Fact]
    public void What_a_living_one_has_is_refused()
    {
        using var network = Open();
        network.Write(Living);
        Refused("it is attached already", Wanted with { NetNs = OwnNetNs });
        Refused($"{OwnNetNs} is there as c1 with eth0 already", Wanted with { ContainerId = "c1" });
        Refused($"the name web is that of {OwnNetNs}", Wanted with { Name = "web" });
        Refused($"port 80:8080/tcp of the host leads to {OwnNetNs} already", Wanted with { Wishes = new RuntimeArguments { PortMappings = [PortWord.Parse("80:8080")!] } });
        Refused("there is no plugin \"no-such-plugin\" in CNI_PATH (/nowhere)", Wanted with { ContainerId = "c1", IfName = "eth1" });
        Assert.Equal(OwnNetNs, Assert.Single(network.Records).NetNs);

        void Refused(string sentence, AttachmentRecord wanted) =>
            Assert.Equal($"attach {wanted.NetNs} to network n: {sentence}", Assert.Throws<NetError>(() => Attacher.Up(network, wanted)).Message);
    }

    [Fact]
    public void What_a_dead_one_has_is_free()
    {
        using var network = Open();
        network.Write(Living with { BootId = "another" });
        Assert.Contains("no-such-plugin", Assert.Throws<NetError>(() => Attacher.Up(network, Wanted with { Name = "web" })).Message, StringComparison.Ordinal);
        Assert.Empty(network.Records);
    }

    // mutant: NetCheck.NamespaceCanBeMade
    [Fact]
    public void Only_namespaces_below_run_netns_are_made()
    {
        using var network = Open();
        var error = Assert.Throws<NetError>(() => Attacher.Up(network, Wanted with { NetNs = _root + "/none" }));
        Assert.Equal($"attach {_root}/none: there is no network namespace (only those below /run/netns are made)", error.Message);
    }

    // mutant: NetCheck.OthersNamespaceStays
    [Fact]
    public void A_namespace_is_removed_by_whoever_has_made_it()
    {
        Assert.Equal("c1", Attacher.NameOfOurs(Living with { NetNs = "/run/netns/c1", MakesNetNs = true }));
        Assert.Null(Attacher.NameOfOurs(Living with { NetNs = "/run/netns/c1" }));
    }

    // mutant: NetCheck.PluginIsThere NetCheck.CheckIsAllowed NetCheck.GcIsAllowed
    [Fact]
    public void A_plugin_that_is_nowhere_is_missed_where_it_is_called()
    {
        Assert.Equal("no-such-plugin", PluginChain.Missing(Wanted));
        Assert.Null(PluginChain.Missing(Living));
        Assert.Throws<CniError>(() => PluginChain.Collect(Network(), [], "/nowhere"));
        PluginChain.Collect(Network(""","disableGC":true"""), [], "/nowhere");
        PluginChain.Check(Wanted with { Network = Network(""","disableCheck":true""") });
    }

    // mutant: NetCheck.DirectoryIsANetworks NetCheck.FileMayBeGone NetCheck.RecordHasItsName
    [Fact]
    public void A_record_is_that_of_its_name()
    {
        using (var network = Open())
        {
            network.Write(Living);
            Assert.Equal(Errno.OK, network.Remove(Wanted));
        }
        var directory = _root + "/networks/n/";
        File.Move(directory + NetworkFiles.RecordOf(OwnNetNs), directory + "other.json");
        Directory.CreateDirectory(_root + "/networks/.n");
        Assert.Equal(["n"], NetworkDirectory.Networks(_root));
        using var again = Open();
        Assert.Empty(again.Records);
        Assert.Equal(["other.json"], again.Broken);
    }

    // mutant: NetCheck.BundleMayBeGone NetCheck.SameNamesAreNotWritten
    [Fact]
    public void A_file_of_names_is_written_when_it_is_there_and_says_something_else()
    {
        var path = _root + "/hosts";
        Assert.Equal(Errno.OK, HostsFile.Write(path, "n", [Living], makes: false));
        Assert.False(File.Exists(path));
        Assert.NotEqual(Errno.OK, HostsFile.Write(_root + "/none/hosts", "n", [Living], makes: true));
        HostsFile.Write(path, "n", [Living], makes: true);
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        HostsFile.Write(path, "n", [Living], makes: true);
        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(path));
    }

    // mutant: NetCheck.RecordedIpIsAnAddress
    [Fact]
    public void A_record_with_a_wrong_address_is_broken()
    {
        var text = Encoding.UTF8.GetString((Living with { Wishes = new RuntimeArguments { Ips = [System.Net.IPAddress.Loopback] } }).ToDocument());
        Assert.Throws<Json.JsonError>(() => AttachmentRecord.Read(Encoding.UTF8.GetBytes(text.Replace("127.0.0.1", "127.1", StringComparison.Ordinal)), "record"));
    }

    // mutant: NetCheck.DescriptionIsBeforeTheBuiltIn
    [Fact]
    public void A_description_goes_before_the_built_in_network()
    {
        File.WriteAllText(_root + "/a.conf", """{"cniVersion":"1.1.0","name":"sharprun","type":"loopback"}""");
        Assert.False(Assert.Single(NetworkFolder.ReadAll(_root, _ => { })).IsBuiltIn);
    }

    // mutant: NetCheck.LivingAttachmentStays NetCheck.NetworkIsOursAlone
    [Fact]
    public void Gc_takes_the_dead_alone_and_leaves_what_others_may_use()
    {
        using (var network = Open())
        {
            network.Write(Living);
            network.Write(Living with { NetNs = "/run/netns/no-such-namespace", ContainerId = "c2" });
        }
        File.WriteAllBytes(_root + "/n.conflist", Network().Document);
        Assert.Equal(0, Run("gc"));
        using var after = Open();
        Assert.Equal(OwnNetNs, Assert.Single(after.Records).NetNs);
    }

    // mutant: NetCheck.CheckedAttachmentLives
    [Fact]
    public void Check_is_not_for_the_dead()
    {
        using (var network = Open())
        {
            network.Write(Living with { Result = null });
        }
        Assert.Equal($"check {OwnNetNs} in network n: it was never finished; `down` or `gc` clears it", Assert.Throws<NetError>(() => Run("check", "n", OwnNetNs)).Message);
    }

    // mutant: NetCheck.DeadGetNoRules
    [Fact]
    public void Reload_is_not_for_the_dead()
    {
        // A description that cannot be read any more: whoever looks at it throws.
        var bridge = KnownNetwork.Read("""{"cniVersion":"1.1.0","name":"n","type":"bridge","mtu":1}"""u8.ToArray(), "n.conf");
        using (var network = Open())
        {
            network.Write(Living with { BootId = "another", Network = bridge, Result = new CniResult { Interfaces = [new ResultInterface("eth0", "", OwnNetNs)] } });
        }
        Assert.Equal(0, Run("reload"));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private NetworkDirectory Open() => NetworkDirectory.Open(_root, "n", makes: true)!;

    private int Run(params string[] words) => Commands.All.Run(["--root", _root, "--config-dir", _root, .. words], "");
}
