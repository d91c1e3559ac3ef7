using System;

namespace SharpRun.Planning;

public static partial class SpecRules
{
    private static void HookPathsAreAbsolute(Spec spec) => EachHook(spec, static (hook, path) =>
    {
        if (!hook.Path.StartsWith('/'))
        {
            throw new SpecError(path + ".path", $"\"{hook.Path}\" is not an absolute path");
        }
    });

    private static void HookTimeoutsArePositive(Spec spec) => EachHook(spec, static (hook, path) =>
    {
        if (hook.Timeout <= 0)
        {
            throw new SpecError(path + ".timeout", $"a number of seconds greater than 0 is expected, found {hook.Timeout}");
        }
    });

    // What has no name can be no environment variable; the entry itself may be a secret.
    private static void HookEnvIsNamed(Spec spec) => EachHook(spec, static (hook, path) =>
    {
        for (var i = 0; i < hook.Env?.Count; i++)
        {
            if (hook.Env[i].IndexOf('=', StringComparison.Ordinal) <= 0)
            {
                throw new SpecError($"{path}.env[{i}]", "an environment variable is written NAME=VALUE");
            }
        }
    });

    private static void EachHook(Spec spec, Action<Hook, string> check)
    {
        if (spec.Hooks == Hooks.None)
        {
            return;
        }
        foreach (var kind in Hooks.Kinds)
        {
            var hooks = spec.Hooks.Of(kind);
            for (var i = 0; i < hooks.Count; i++)
            {
                check(hooks[i], $"hooks.{kind.Word()}[{i}]");
            }
        }
    }
}
