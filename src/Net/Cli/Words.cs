using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net;
using System.Text;
using SharpRun.Cni;
using SharpRun.CommandLine;
using SharpRun.Net.Attachments;
using SharpRun.Net.Leases;

namespace SharpRun.Net.Cli;

/// <summary>The words of the command line, checked before anything is made.</summary>
static class Words
{
    public const string DefaultIfName = "eth0", DefaultCniPath = "/opt/cni/bin:/usr/lib/cni";

    /// <summary>What `up` and `hook up` take.</summary>
    public static Flag[] UpFlags { get; } =
    [
        Flag.Text("name", "NAME", "how the other containers in the network call it"),
        Flag.Text("ip", "ADDRESS", "the address to have (may be repeated: one of each range)"),
        Flag.Text("mac", "ADDRESS", "the hardware address to have"),
        Flag.Text("ifname", "NAME", "the interface's name in the namespace (default eth0)"),
        Flag.Text("publish", "[IP:]HOST:CONTAINER[/udp]", "a port of the host that leads to the container's (may be repeated)", 'p'),
    ];

    public static string Network(string word) => NetCheck.NetworkWordIsAName.Passes(CniEnvironment.IsName(word))
        ? word : throw new UsageError($"\"{word}\" is no name for a network: letters and digits, then also \"_\", \".\" and \"-\"");

    public static string NetNs(string word)
    {
        var isName = !word.Contains('/');
        if (NetCheck.NamespaceWordIsOne.Fails(word.Length == 0 || word.Contains('\0')
            || (isName && (word is "." or ".." || word[0] == '-' || Encoding.UTF8.GetByteCount(word) > 200))))
        {
            throw new UsageError($"\"{word}\" is neither a name below /run/netns nor a path of a network namespace");
        }
        return NetworkFiles.NetNsOf(word);
    }

    /// <summary>What is wanted, before it is known whether it can be had.</summary>
    /// <param name="containerId">Null: made of the namespace's name or path.</param>
    public static AttachmentRecord Wanted(Arguments arguments, KnownNetwork network, string netNs, string? containerId)
    {
        var ifName = arguments.Text("ifname") ?? DefaultIfName;
        var problem = CniEnvironment.ProblemOfIfName(ifName);
        if (NetCheck.IfNameWordIsOne.Fails(problem is not null))
        {
            throw new UsageError($"--ifname: {problem}");
        }
        var mac = arguments.Text("mac");
        var wishes = new RuntimeArguments
        {
            Mac = mac is null ? null : MacText.Parse(mac) ?? throw new UsageError($"--mac {mac}: six pairs of hexadecimal digits are expected, of one interface"),
            Ips = arguments.Texts("ip").ConvertAll(text => NetCheck.IpWordIsAnAddress.Passes(IpText.TryParse(text, out var ip)) ? ip : throw new UsageError($"--ip {text}: this is no address")),
            PortMappings = Ports(arguments.Texts("publish")),
        };
        RequireCapability(network, "portMappings", wishes.PortMappings.Count > 0, "-p");
        var name = arguments.Text("name");
        return new AttachmentRecord
        {
            NetNs = netNs,
            ContainerId = containerId ?? IdOf(netNs),
            IfName = ifName,
            Name = name is null ? null : NetCheck.NameWordIsAName.Passes(CniEnvironment.IsName(name) && name.Length <= 253) ? name : throw new UsageError($"--name {name}: letters and digits are expected, then also \"_\", \".\" and \"-\""),
            BootId = LeaseWitness.ReadBootId(),
            CniPath = Environment.GetEnvironmentVariable("CNI_PATH") is { Length: > 0 } path ? path : DefaultCniPath,
            CniArgs = ArgsOf(network, wishes),
            Wishes = wishes,
            Network = network,
        };
    }

    private static List<PortRequest> Ports(List<string> words)
    {
        var ports = new List<PortRequest>();
        foreach (var word in words)
        {
            var port = PortWord.Parse(word) ?? throw new UsageError($"-p {word}: [IP:]HOST:CONTAINER[/udp] is expected, ports from 1 to 65535, IPv6 in brackets");
            if (NetCheck.PortWordsAreApart.Fails(ports.Exists(other => PortWord.Collide(other, port))))
            {
                throw new UsageError($"-p {word}: port {port.HostPort} of the host cannot lead to two places");
            }
            ports.Add(port);
        }
        return ports;
    }

    private static bool Has(KnownNetwork network, string capability)
    {
        foreach (var plugin in network.List.Plugins)
        {
            foreach (var one in plugin.Capabilities)
            {
                if (one == capability)
                {
                    return true;
                }
            }
        }
        return false;
    }

    private static void RequireCapability(KnownNetwork network, string capability, bool isWanted, string flag)
    {
        if (NetCheck.NetworkIsCapable.Fails(isWanted && !Has(network, capability)))
        {
            throw new NetError($"{flag}: no plugin of the network {network.Name} ({network.Source ?? "built in"}) has the capability \"{capability}\"");
        }
    }

    // Plugins without the capability know the older way.
    private static string ArgsOf(KnownNetwork network, RuntimeArguments wishes)
    {
        var args = new List<string>();
        if (wishes.Ips.Count > 0 && !Has(network, "ips"))
        {
            if (NetCheck.OneIpIsInTheArgs.Fails(wishes.Ips.Count > 1))
            {
                throw new NetError($"--ip: no plugin of the network {network.Name} has the capability \"ips\", so that one address alone can be asked for");
            }
            args.Add($"IP={wishes.Ips[0]}");
        }
        if (wishes.Mac is { } mac && !Has(network, "mac"))
        {
            args.Add($"MAC={mac}");
        }
        return args.Count == 0 ? "" : "IgnoreUnknown=1;" + string.Join(';', args);
    }

    // A name of `ip netns` is one for CNI as well, mostly; else a hash stands for the path (FNV-1a, 64 bits).
    private static string IdOf(string netNs)
    {
        if (NetworkFiles.NameOf(netNs) is { } name && CniEnvironment.IsName(name))
        {
            return name;
        }
        var hash = 0xcbf29ce484222325UL;
        foreach (var letter in Encoding.UTF8.GetBytes(netNs))
        {
            hash = unchecked((hash ^ letter) * 0x100000001b3UL);
        }
        return string.Create(CultureInfo.InvariantCulture, $"netns-{hash:x16}");
    }
}
