using System;
using SharpRun.CommandLine;

namespace SharpRun.Layers.Unions;

/// <summary>A union's name is that of a directory, of a mount's source, and often a container's.</summary>
static class UnionName
{
    public const int Longest = 200;

    public static bool IsValid(string name)
    {
        if (name.Length == 0 || UnionCheck.NameIsShort.Fails(name.Length > Longest)
            || UnionCheck.NameBeginsWell.Fails(!char.IsAsciiLetterOrDigit(name[0])))
        {
            return false;
        }
        foreach (var letter in name)
        {
            if (UnionCheck.NameHasNoOtherLetters.Fails(!char.IsAsciiLetterOrDigit(letter) && letter is not ('_' or '.' or '-')))
            {
                return false;
            }
        }
        return true;
    }

    public static string Checked(string name) => IsValid(name)
        ? name
        : throw new UsageError($"\"{name}\" is no name for a union: a letter or digit, then letters, digits, \"_\", \".\" and \"-\", {Longest} at most");
}
