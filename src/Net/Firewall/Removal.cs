using SharpRun.Netlink;

namespace SharpRun.Net.Firewall;

/// <summary>Takes an attachment's rules and ports away by their tag.</summary>
static class Removal
{
    public static void Write(TableState state, Tag tag, NftBatch batch)
    {
        foreach (var (rule, owner) in state.Rules)
        {
            if (owner == tag)
            {
                batch.DeleteRule(rule.Chain, rule.Handle);
            }
        }
        foreach (var port in state.Ports)
        {
            if (port.Tag == tag)
            {
                batch.DeleteElement(port.Map, port.Element.Key);
            }
        }
    }
}
