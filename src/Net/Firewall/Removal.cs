using SharpRun.Netlink;

namespace SharpRun.Net.Firewall;

/// <summary>Takes an attachment's rules and ports away by their tag.</summary>
static class Removal
{
    /// <summary>The table too, when nobody else has anything in it.</summary>
    public static void WriteWithTable(TableState state, Tag tag, NftBatch batch)
    {
        var isLast = !state.Tags.Contains(tag) ? state.Tags.Count == 0 : state.Tags.Count == 1;
        if (NetCheck.OthersTableStays.Passes(isLast) && NetCheck.RemovedTableIsThere.Passes(state.Exists))
        {
            batch.DeleteTable();
        }
        else
        {
            Write(state, tag, batch);
        }
    }

    public static void Write(TableState state, Tag tag, NftBatch batch)
    {
        foreach (var (rule, owner) in state.Rules)
        {
            if (NetCheck.OthersRulesStay.Passes(owner == tag))
            {
                batch.DeleteRule(rule.Chain, rule.Handle);
            }
        }
        foreach (var port in state.Ports)
        {
            if (NetCheck.OthersPortsStay.Passes(port.Tag == tag))
            {
                batch.DeleteElement(port.Map, port.Element.Key);
            }
        }
    }
}
