using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace SharpRun.Seccomp.Tests;

/// <summary>What several rules about one call come to.</summary>
public sealed class FilterTests
{
    private const uint First = 0x50001, Second = 0x50002, Third = 0x50003;

    private static (string Name, uint Action, Condition[] Conditions) Rule(uint action, params Condition[] conditions) => ("read", action, conditions);

    private static Condition Is(int argument, Operator op, ulong value) => Condition.Compare(argument, op, value);

    private static uint Answer(IEnumerable<(string Name, uint Action, Condition[] Conditions)> rules, params ulong[] arguments)
    {
        var filter = new Filter(FilterAction.Allow, Architecture.X86_64);
        foreach (var (name, action, conditions) in rules)
        {
            Assert.Equal(Added.Yes, filter.Add(name, action, conditions));
        }
        var program = filter.Compile(newerIsUnknown: false);
        return Interpreter.Run(program, new CallData(0, Architecture.X86_64.AuditArch(), [.. arguments, .. new ulong[6 - arguments.Length]]));
    }

    [Fact]
    public void The_most_exact_rule_is_asked_first_whatever_came_first()
    {
        (string, uint, Condition[])[] rules =
        [
            Rule(First, Is(0, Operator.Equal, 5)), Rule(Second, Is(0, Operator.GreaterOrEqual, 3)), Rule(Third, Is(0, Operator.LessOrEqual, 7)),
        ];
        int[][] orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        foreach (var order in orders)
        {
            var ordered = order.Select(i => rules[i]).ToArray();
            Assert.Equal([First, Third, Second, Third], new ulong[] { 5, 4, 9, 0 }.Select(value => Answer(ordered, value)));
        }
    }

    [Fact]
    public void Nearer_limits_and_higher_arguments_are_asked_first()
    {
        Assert.Equal(Second, Answer([Rule(First, Is(0, Operator.Less, 9)), Rule(Second, Is(0, Operator.Less, 8))], 3));
        Assert.Equal(Second, Answer([Rule(First, Is(0, Operator.Greater, 1)), Rule(Second, Is(0, Operator.Greater, 2))], 3));
        Assert.Equal(Second, Answer([Rule(First, Is(0, Operator.Equal, 1)), Rule(Second, Is(1, Operator.Equal, 1))], 1, 1));
    }

    [Fact]
    public void The_first_rule_without_conditions_is_the_answer()
    {
        Assert.Equal(Second, Answer([Rule(First, Is(0, Operator.Equal, 1)), Rule(Second), Rule(Third), Rule(First, Is(0, Operator.Equal, 1))], 1));
        // A mask of nothing is no condition.
        Assert.Equal(Second, Answer([Rule(Second, Condition.Masked(0, 0, 7)), Rule(Third)], 1));
    }

    [Fact]
    public void A_rule_that_begins_with_an_earlier_one_is_never_asked() =>
        Assert.Equal(First, Answer([Rule(First, Is(0, Operator.Equal, 1)), Rule(Second, Is(0, Operator.Equal, 1), Is(1, Operator.Equal, 2))], 1, 2));

    [Theory]
    [InlineData(1, Added.Conflict)]
    [InlineData(2, Added.Conflict)]
    public void A_wider_rule_with_another_action_is_refused(int conditionsOfTheEarlier, Added expected)
    {
        Condition[] conditions = [Is(0, Operator.Equal, 1), Is(1, Operator.Equal, 2)];
        var filter = new Filter(FilterAction.Allow, Architecture.X86_64);
        Assert.Equal(Added.Yes, filter.Add("read", First, conditions.AsSpan(0, conditionsOfTheEarlier)));
        Assert.Equal(Added.Yes, filter.Add("read", First, conditions.AsSpan(0, 1)));
        Assert.Equal(expected, filter.Add("read", Second, conditions.AsSpan(0, 1)));
    }

    [Fact]
    public void What_became_of_a_rule_is_said()
    {
        var filter = new Filter(FilterAction.Allow, Architecture.X86_64);
        Assert.Equal(Added.Redundant, filter.Add("read", FilterAction.Allow, []));
        Assert.Equal(Added.Unknown, filter.Add("no_such_call", First, []));
        // Only x86 has it, by socketcall: known, but nothing to do here.
        Assert.Equal(Added.Yes, filter.Add("send", First, []));
    }
}
