using System;
using System.Text;
using SharpRun.Netlink;
using SharpRun.Oci;

namespace SharpRun.Net.Links;

/// <summary>How the host's end of an attachment is found without any record: its name is made of the attachment's, and its alias says whose it is.</summary>
static class HostEnd
{
    private const string Mark = "sharprun:";

    // IFALIASZ is 256 with the final zero (linux/if.h).
    private const int LongestAlias = 255;

    public static string NameOf(string containerId, string ifName)
    {
        var hash = new Sha256();
        hash.Append(Encoding.UTF8.GetBytes($"{containerId}/{ifName}"));
        Span<byte> digest = stackalloc byte[32];
        hash.Finish(digest);
        return "veth" + Convert.ToHexStringLower(digest[..4]);
    }

    public static string AliasOf(string network, string containerId, string ifName) => Cut($"{PrefixOf(network)}{containerId}/{ifName}");

    /// <summary>What the aliases of all attachments of a network begin with.</summary>
    public static string PrefixOf(string network) => $"{Mark}{network}/";

    /// <summary>Ours, of whichever network. A cut alias is believed.</summary>
    public static bool IsOf(Link link, string containerId, string ifName) =>
        NetCheck.OwnEndIsAVeth.Passes(link.Kind == "veth") && NetCheck.OwnEndHasOurMark.Passes(link.Alias.StartsWith(Mark, StringComparison.Ordinal))
        && NetCheck.OwnEndIsTheAttachments.Passes(link.Alias.Length == LongestAlias || link.Alias.EndsWith($"/{containerId}/{ifName}", StringComparison.Ordinal));

    public static bool IsOf(Link link, string network) =>
        NetCheck.NetworksEndIsAVeth.Passes(link.Kind == "veth") && NetCheck.NetworksEndHasItsMark.Passes(link.Alias.StartsWith(PrefixOf(network), StringComparison.Ordinal));

    // Names of networks, containers and interfaces are ASCII.
    private static string Cut(string alias) => NetCheck.AliasIsShort.Passes(alias.Length <= LongestAlias) ? alias : alias[..LongestAlias];
}
