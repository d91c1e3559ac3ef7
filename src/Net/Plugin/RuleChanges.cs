using System;
using System.Collections.Generic;
using SharpRun.Net.Firewall;

namespace SharpRun.Net.Plugin;

/// <summary>What a call does to the rules: of a plugin alone at once, of a chain whose plugins are all called in this process together, in one transaction.
/// The socket stays open to the end, so that its closing and the removal of links wait for the kernel at the same time (<see cref="Rules.Dispose"/>).</summary>
sealed class RuleChanges(bool isOfChain = false) : IDisposable
{
    private readonly List<FirewallPlan> _plans = [];
    private Rules? _rules;

    public Rules Rules => _rules ??= Rules.Open();

    public void Add(FirewallPlan plan)
    {
        _plans.Add(plan);
        if (!isOfChain)
        {
            Commit();
        }
    }

    public void Commit()
    {
        if (_plans.Count > 0)
        {
            Rules.Reapply(_plans);
            _plans.Clear();
        }
    }

    public void Dispose() => _rules?.Dispose();
}
