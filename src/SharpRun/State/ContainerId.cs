using SharpRun.CommandLine;
using SharpRun.Planning;

namespace SharpRun.State;

/// <summary>runc's rule for ids (R36). Every command checks it before it touches a path.</summary>
static class ContainerId
{
    private const int NameMax = 255;

    public static string Checked(string id)
    {
        if (id.Length == 0)
        {
            throw new UsageError("container id cannot be empty");
        }
        if (Check.IdIsValid.Fails(!IsValid(id)))
        {
            throw new UsageError("invalid container ID format");
        }
        return id;
    }

    public static bool IsValid(string id)
    {
        foreach (var letter in id)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('_' or '+' or '-' or '.'))
            {
                return false;
            }
        }
        return id.Length is > 0 and <= NameMax && id is not ("." or "..");
    }
}
