using System;
using System.IO;
using System.Text;
using SharpRun.Cni;
using SharpRun.Net.Plugin;
using Xunit;

namespace SharpRun.Net.Tests.Plugin;

/// <summary>Calls of our plugins, and of other programs: the machine's cat, env and false stand in for them.</summary>
public sealed class PluginTests
{
    private const string Programs = "/usr/bin:/bin";

    // mutant: NetCheck.IpamGivesAnAddress
    [Fact]
    public void A_plugin_for_addresses_gives_one() =>
        // What it prints is the configuration, which is a result without anything.
        Assert.Equal("plugin cat: its result has no address", Assert.Throws<CniError>(() => Ipam.Add(Call(Programs, """ "ipam":{"type":"cat"} """))).Message);

    // mutant: NetCheck.PluginEndsWell
    [Fact]
    public void A_plugin_that_fails_has_no_result() =>
        Assert.Equal("plugin false: it failed without a word", Assert.Throws<CniError>(() => ForeignPlugin.Run("false", CniVerb.Add, Call(Programs))).Message);

    // mutant: NetCheck.PluginCanBeRun
    [Fact]
    public void A_plugin_that_cannot_be_run_is_named()
    {
        var directory = Directory.CreateTempSubdirectory("sharprun-net-").FullName;
        var path = Path.Combine(directory, "text");
        File.WriteAllText(path, "text");
        var message = Assert.Throws<CniError>(() => ForeignPlugin.Run("text", CniVerb.Add, Call(directory))).Message;
        Directory.Delete(directory, recursive: true);
        Assert.StartsWith($"run {path}: ", message, StringComparison.Ordinal);
        Assert.Equal("there is no plugin \"text\" in CNI_PATH (/nowhere)", Assert.Throws<CniError>(() => ForeignPlugin.Run("text", CniVerb.Add, Call("/nowhere"))).Message);
    }

    // mutant: NetCheck.VariableIsNotCnis
    [Fact]
    public void A_plugin_has_the_variables_of_its_own_call()
    {
        Environment.SetEnvironmentVariable("CNI_OF_ANOTHER_CALL", "1");
        Environment.SetEnvironmentVariable("SHARPRUN_TESTS", "1");
        var text = Encoding.UTF8.GetString(ForeignPlugin.Run("env", CniVerb.Del, Call(Programs)));
        Environment.SetEnvironmentVariable("CNI_OF_ANOTHER_CALL", null);
        Assert.DoesNotContain("CNI_OF_ANOTHER_CALL", text, StringComparison.Ordinal);
        Assert.Contains("SHARPRUN_TESTS=1\n", text, StringComparison.Ordinal);
        Assert.Contains("CNI_COMMAND=DEL\nCNI_CONTAINERID=c1\nCNI_NETNS=/run/netns/c1\nCNI_IFNAME=eth0\nCNI_PATH=/usr/bin:/bin\n", text, StringComparison.Ordinal);
    }

    // mutant: NetCheck.OnlyAddReadsWishes
    [Fact]
    public void Del_does_not_look_at_wishes()
    {
        using var changes = new RuleChanges();
        var document = Calls.Document(""" "runtimeConfig":{"mac":"none"},"prevResult":7 """);
        var environment = Calls.Call("").Environment with { Args = "X" };
        Assert.ThrowsAny<Exception>(() => PluginCall.Read(environment, document, "bridge", changes));
        var call = PluginCall.Read(environment with { Verb = CniVerb.Del }, document, "bridge", changes);
        Assert.Null(call.Config.RequestedMac);
        Assert.Null(call.Config.PrevResult);
    }

    // mutant: NetCheck.ResultHasTheInterface
    [Fact]
    public void Check_asks_for_the_interface_in_the_result()
    {
        var call = Calls.Call(""" "prevResult":{"interfaces":[{"name":"eth0"},{"name":"eth1","sandbox":"/run/netns/c1"}]} """);
        call = call with { Environment = call.Environment with { Verb = CniVerb.Check } };
        Assert.Equal("network configuration: prevResult: it has no interface eth0 in /run/netns/c1", Assert.Throws<CniError>(() => Plugins.Act(PluginNames.Bridge, call)).Message);
    }

    private static PluginCall Call(string path, string members = "")
    {
        var call = Calls.Call(members);
        return call with { Environment = call.Environment with { Path = path } };
    }
}
