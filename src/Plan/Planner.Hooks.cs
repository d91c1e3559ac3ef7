using System.Collections.Generic;

namespace SharpRun.Planning;

public static partial class Planner
{
    // All namespaces and mounts are there, and paths are still the host's: what these hooks mount or link in the root file system is seen inside.
    private static void HooksBeforePivot(List<Step> steps, Hooks hooks)
    {
        if (hooks.Prestart.Count + hooks.CreateRuntime.Count > 0)
        {
            steps.Add(new AskForHooks());
        }
        RunHooks(steps, HookKind.CreateContainer, hooks.CreateContainer);
    }

    private static void RunHooks(List<Step> steps, HookKind kind, IReadOnlyList<Hook> hooks)
    {
        for (var i = 0; i < hooks.Count; i++)
        {
            steps.Add(new RunHook(kind, i, hooks[i]));
        }
    }
}
