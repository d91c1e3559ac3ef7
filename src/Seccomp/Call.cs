using System;
using System.Collections.Generic;

namespace SharpRun.Seccomp;

/// <summary>All of the conditions hold: this answer. At least one condition, each about another argument, by argument.</summary>
sealed record Rule(Condition[] Conditions, uint Action)
{
    /// <summary>Whatever meets the other rule's conditions meets ours first: its own begin with ours.</summary>
    public bool Covers(Rule other) =>
        Conditions.Length <= other.Conditions.Length && Conditions.AsSpan().SequenceEqual(other.Conditions.AsSpan(0, Conditions.Length));

    public int CompareOrder(Rule other)
    {
        for (var i = 0; i < Math.Min(Conditions.Length, other.Conditions.Length); i++)
        {
            var order = Conditions[i].CompareOrder(other.Conditions[i]);
            if (order != 0)
            {
                return order;
            }
        }
        return 0;
    }
}

/// <summary>What is said about one call of one architecture: an answer, or rules that are asked in turn before the default action.</summary>
sealed class Call
{
    public uint? Action { get; private set; }

    public List<Rule> Rules { get; } = [];

    /// <summary>
    /// Several entries about one call, as libseccomp takes them: the first without conditions is the answer, whatever others say before or after
    /// it. A rule whose conditions begin with those of an earlier one is never asked. False: a rule is wider than an earlier one and answers
    /// otherwise, which libseccomp refuses.
    /// </summary>
    public bool Add(Condition[] conditions, uint action)
    {
        if (Action is not null)
        {
            return true;
        }
        if (conditions.Length == 0)
        {
            Action = action;
            Rules.Clear();
            return true;
        }
        var rule = new Rule(conditions, action);
        foreach (var earlier in Rules)
        {
            if (earlier.Covers(rule))
            {
                return earlier.Action == action || earlier.Conditions.Length < conditions.Length;
            }
            if (rule.Covers(earlier) && earlier.Action != action)
            {
                return false;
            }
        }
        Rules.RemoveAll(rule.Covers);
        var place = Rules.FindIndex(other => rule.CompareOrder(other) < 0);
        Rules.Insert(place < 0 ? Rules.Count : place, rule);
        return true;
    }
}
