using System;

namespace SharpRun.Seccomp;

public enum Operator
{
    NotEqual, Less, LessOrEqual, Equal, GreaterOrEqual, Greater, MaskedEqual,
}

/// <summary>One argument (0 to 5) compared as an unsigned 64-bit number. MaskedEqual: argument &amp; Mask == Value; else Mask is all ones.</summary>
public readonly record struct Condition(int Argument, Operator Operator, ulong Mask, ulong Value)
{
    public static Condition Compare(int argument, Operator op, ulong value) => new(argument, op, ulong.MaxValue, value);

    // What the mask takes away can never be in the value: libseccomp cuts it off, so that such a rule matches, instead of never.
    public static Condition Masked(int argument, ulong mask, ulong value) => new(argument, Operator.MaskedEqual, mask, value & mask);

    /// <summary>As a machine sees it on which arguments have 32 bits.</summary>
    public Condition Low => this with { Mask = (uint)Mask, Value = (uint)Value };

    public bool IsAlwaysTrue => Mask == 0;

    /// <summary>
    /// The order in which libseccomp asks the rules of one call: the most exact question first. A higher argument before a lower one; equality
    /// before the upper limits (the lowest first), those before the lower limits (the highest first). Negative: this one comes first.
    /// </summary>
    public int CompareOrder(in Condition other)
    {
        if (Argument != other.Argument)
        {
            return other.Argument - Argument;
        }
        if (Class != other.Class)
        {
            return other.Class - Class;
        }
        return Class == UpperLimit ? Value.CompareTo(other.Value) : other.Value.CompareTo(Value);
    }

    private const int Equality = 3, UpperLimit = 2, LowerLimit = 1;

    private int Class => Operator switch
    {
        Operator.Less or Operator.LessOrEqual => UpperLimit,
        Operator.Greater or Operator.GreaterOrEqual => LowerLimit,
        _ => Equality,
    };
}
