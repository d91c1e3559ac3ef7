using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Parent;

/// <summary>What the parent sets on the child that waits for start.</summary>
static class Limits
{
    public static void Apply(Plan plan, int pid)
    {
        if (plan.OomScoreAdj is { } score && !Mutant.Skips("Parent.OomScoreAdj"))
        {
            var path = new CString($"/proc/{pid}/oom_score_adj");
            var file = Sys.Open(Native.AT_FDCWD, path, Native.O_WRONLY).OrThrow($"open {path}");
            var error = Sys.WriteAll(file, new CString(score.ToString(System.Globalization.CultureInfo.InvariantCulture)).Text);
            Sys.Close(file);
            error.OrThrow($"set oom_score_adj to {score}");
        }
    }
}
