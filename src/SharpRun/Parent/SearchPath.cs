using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Parent;

/// <summary>Where the caller's PATH finds a program of the host. podman's own calls have none.</summary>
static class SearchPath
{
    private const string Usual = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>Null: it is in none of the directories. What is not absolute is no directory: a program never comes from where we happen to be.</summary>
    public static string? Find(string name)
    {
        var variable = CallerEnvironment.Variable("PATH");
        foreach (var directory in (variable is { Length: > 0 } ? variable : Usual).Split(':'))
        {
            var path = $"{directory}/{name}";
            if (directory.StartsWith('/') && Sys.FaccessAt(Native.AT_FDCWD, new CString(path), Native.X_OK, Native.AT_EACCESS) == Errno.OK)
            {
                return path;
            }
        }
        return null;
    }
}
