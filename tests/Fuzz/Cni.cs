using System;
using System.Linq;
using System.Text;
using System.Threading;
using CsCheck;
using SharpRun.Cni;
using SharpRun.Json;

namespace SharpRun.Fuzz;

/// <summary>Network configurations, results, lists and errors of other plugins, changed in up to eight places: what was read and can be written and read
/// again, or one sentence.</summary>
static class Cni
{
    private static readonly byte[][] s_samples = [.. new[]
    {
        """
        {"cniVersion":"1.1.0","name":"net","type":"bridge","bridge":"br0","isGateway":true,"isDefaultGateway":true,"ipMasq":true,"mtu":1400,"vlanTrunk":[{"id":5},
        {"minID":7,"maxID":9}],"ipam":{"type":"host-local","subnet":"10.1.0.0/16","rangeStart":"10.1.0.5","gateway":"10.1.0.1","ranges":[[{"subnet":"fd00::/64"}]],
        "routes":[{"dst":"0.0.0.0/0","gw":"10.1.0.1","mtu":1200}],"dataDir":"/d"},"dns":{"nameservers":["10.1.0.1"],"search":["a"]},
        "args":{"cni":{"mac":"02:00:00:00:00:01","ips":["10.1.0.9"]}},"runtimeConfig":{"ips":["fd00::9/64"],"ipRanges":[],
        "portMappings":[{"hostPort":80,"containerPort":8080,"protocol":"tcp","hostIP":"::1"}]},"capabilities":{"ips":true}}
        """,
        """
        {"cniVersion":"0.4.0","name":"net","type":"portmap","snat":true,"markMasqBit":3,"conditionsV4":[],"prevResult":{"cniVersion":"0.4.0",
        "interfaces":[{"name":"eth0","mac":"02:00:00:00:00:03","mtu":1400,"sandbox":"/run/netns/a"}],"ips":[{"version":"4","interface":0,"address":"10.1.2.3/24",
        "gateway":"10.1.2.1"}],"routes":[{"dst":"::/0"}],"dns":{}},"cni.dev/valid-attachments":[{"containerID":"a","ifname":"eth0"}]}
        """,
        """
        {"cniVersion":"1.0.0","cniVersions":["1.1.0"],"name":"net","disableGC":true,"plugins":[{"type":"bridge","capabilities":{"mac":true}},{"type":"portmap"}]}
        """,
        """
        {"cniVersion":"1.0.0","code":11,"msg":"later","details":"much"}
        """,
    }.Select(Encoding.UTF8.GetBytes)];

    private static readonly string[] s_args = ["", "IP=10.1.0.7;MAC=02:00:00:00:00:09;IgnoreUnknown=1;K8S=x", "IP=fd00::/200", "=;", "MAC=é;"];

    private static long s_documents, s_refusals;

    public static void Sample(int seconds, string? seed)
    {
        var edit = Gen.Select(Gen.Byte, Gen.UInt, Gen.UInt, (kind, place, choice) => new Edit(kind, place, choice));
        var inputs = Gen.Select(Gen.Int[0, s_samples.Length - 1], edit.Array[0, 8], (sample, edits) =>
            edits.Aggregate(s_samples[sample], (json, one) => one.Of(json, s_samples)));
        inputs.Sample(json => Watched.Run(json, "json", 4_000_000 + 4000L * json.Length, () => Read(json)), time: seconds, seed: seed,
            print: input => Watched.Save(input, "json"));
        Console.WriteLine($"# {s_documents} documents of CNI, {s_refusals} refusals");
    }

    private static void Read(byte[] json)
    {
        foreach (var args in s_args)
        {
            Try(() => CniArgs.Parse(args));
        }
        Try(() =>
        {
            var config = NetworkConfig.Read(json, CniArgs.None);
            RequireSane(config);
            Try(() => BridgeConfig.Read(config));
            Try(() => PortmapConfig.Read(config));
        });
        Try(() =>
        {
            foreach (var version in CniVersion.Supported)
            {
                var written = ResultReader.Read(json, "result").ToDocument(version);
                Require(ResultReader.Read(written, "result").ToDocument(version), written);
            }
        });
        Try(() =>
        {
            var list = NetworkList.Read(json, "list");
            foreach (var plugin in list.Plugins)
            {
                Try(() => NetworkConfig.Read(plugin.ToConfig(list, new CniResult(), new RuntimeArguments()), CniArgs.None));
            }
        });
        if (CniError.Read(json, "plugin") is { } error)
        {
            RequireSentence(error.Message);
        }
        NetworkConfig.VersionOf(json);
    }

    // What a lease is taken from, and where it is written.
    private static void RequireSane(NetworkConfig config)
    {
        if (config.Name.Contains('/') || config.Name.StartsWith('.'))
        {
            throw new InvalidOperationException($"the name {config.Name} is a path");
        }
        foreach (var range in config.Ipam?.RangeSets.SelectMany(set => set) ?? [])
        {
            if (!range.Subnet.Contains(range.First) || !range.Subnet.Contains(range.Last) || !range.Contains(range.First) || !range.Contains(range.Last))
            {
                throw new InvalidOperationException($"the range {range} is not in {range.Subnet}");
            }
        }
    }

    private static void Try(Action act)
    {
        try
        {
            act();
            Interlocked.Increment(ref s_documents);
        }
        catch (Exception error) when (error is JsonError or CniError)
        {
            Interlocked.Increment(ref s_refusals);
            RequireSentence(error.Message);
        }
    }

    private static void RequireSentence(string message)
    {
        if (message.Length is 0 or > 2000 || message.Any(char.IsControl))
        {
            throw new InvalidOperationException($"not one line: {message}");
        }
    }

    private static void Require(byte[] found, byte[] expected)
    {
        if (!found.AsSpan().SequenceEqual(expected))
        {
            throw new InvalidOperationException($"written again it is another: {Encoding.UTF8.GetString(found)}, not {Encoding.UTF8.GetString(expected)}");
        }
    }
}
