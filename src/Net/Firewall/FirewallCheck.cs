using System;
using System.Collections.Generic;
using SharpRun.Netlink;

namespace SharpRun.Net.Firewall;

/// <summary>Compares what is in the table with what a plan wants.</summary>
static class FirewallCheck
{
    /// <summary>Null when nothing is missing.</summary>
    public static string? Missing(TableState state, PlanRules wanted)
    {
        if (wanted.IsEmpty)
        {
            return null;
        }
        if (NetCheck.TableIsThere.Fails(!state.Exists))
        {
            return $"the table inet {Table.Name} is gone";
        }
        foreach (var rules in wanted.Fixed())
        {
            if (NetCheck.FixedRulesAreThere.Fails(There(state, rules).Count < rules.Rules.Length))
            {
                return $"the chain {rules.Chain} of the table inet {Table.Name} has lost rules";
            }
        }
        var tag = wanted.Plan.Tag;
        foreach (var rule in wanted.Rules)
        {
            if (NetCheck.MasqueradeIsThere.Fails(!state.Rules.Exists(other => other.Tag == tag && other.Rule.Chain == Table.Postrouting
                && NftAnswer.IsWithin(rule, other.Rule.Expressions))))
            {
                return $"a masquerading rule of {tag} is not in the table inet {Table.Name}";
            }
        }
        foreach (var port in wanted.Ports)
        {
            if (NetCheck.PublishedPortIsThere.Fails(!state.Ports.Exists(other => other.Tag == tag && other.Map == port.Map.Name
                && other.Element.Key.AsSpan().SequenceEqual(port.Key) && other.Element.Data.AsSpan().SequenceEqual(port.Data))))
            {
                return $"the host port {port.Port} of {tag} is not in the table inet {Table.Name}";
            }
        }
        return null;
    }

    /// <summary>Which of the rules that are nobody's are there.</summary>
    public static List<NftRule> There(TableState state, FixedRules wanted)
    {
        var there = new List<NftRule>();
        foreach (var rule in wanted.Rules)
        {
            foreach (var (other, _) in state.Rules)
            {
                if (other.Chain == wanted.Chain && NftAnswer.IsWithin(rule, other.Expressions))
                {
                    there.Add(other);
                    break;
                }
            }
        }
        return there;
    }
}
