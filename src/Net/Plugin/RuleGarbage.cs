using System.Collections.Generic;
using System.Linq;
using SharpRun.Cni;
using SharpRun.Linux;
using SharpRun.Net.Firewall;

namespace SharpRun.Net.Plugin;

static class RuleGarbage
{
    /// <summary>Removes what a plugin has made for attachments of the network that are no more.</summary>
    public static void Remove(Rules rules, string network, string plugin, IReadOnlyList<Attachment> valid)
    {
        foreach (var tag in rules.Tags(network))
        {
            if (IsGarbage(tag, plugin, valid))
            {
                rules.Remove(tag);
            }
        }
    }

    internal static bool IsGarbage(Tag tag, string plugin, IReadOnlyList<Attachment> valid) =>
        NetCheck.OtherPluginsRulesStay.Passes(tag.Plugin == plugin) && NetCheck.ValidRulesStay.Passes(!valid.Contains(new Attachment(tag.ContainerId, tag.IfName)));

    /// <summary>STATUS: the kernel has nf_tables, and lets us use it.</summary>
    public static void RequireTables(string network)
    {
        try
        {
            using var rules = Rules.Open();
            rules.Tags(network);
        }
        catch (System.Exception error) when (error is NetError or ErrnoException)
        {
            throw new CniError(CniCode.NotAvailable, error.Message);
        }
    }
}
