using System;
using System.Collections.Generic;
using SharpRun.Linux;
using SharpRun.Planning;
using SharpRun.State;

namespace SharpRun.Parent;

/// <summary>The hooks that the runtime runs in its own namespaces: prestart and createRuntime in create, poststart in start, poststop in
/// delete. One after the other; their working directory is the bundle, and without an env of their own they have the runtime's.</summary>
static class RuntimeHooks
{
    private const int EnvironmentLimit = 16 << 20; // more than execve(2) takes

    /// <summary>The namespaces are there; the first that fails is the error.</summary>
    public static void RunBeforePivot(Hooks hooks, ContainerState state)
    {
        var json = HookState.Json(state, ContainerStatus.Creating, state.Init.Pid);
        Run(HookKind.Prestart, hooks.Prestart, state.Bundle, json);
        Run(HookKind.CreateRuntime, hooks.CreateRuntime, state.Bundle, json);
    }

    /// <summary>The program has been executed; the first that fails is the error, and the container's end.</summary>
    public static void RunPoststart(ContainerState state)
    {
        if (state.Poststart.Count > 0)
        {
            Run(HookKind.Poststart, state.Poststart, state.Bundle, HookState.Json(state, ContainerStatus.Running, state.Init.Pid));
        }
    }

    /// <summary>The container is gone: nothing can fail any more, and each hook has its turn. One that never began to be has no end either.</summary>
    public static void RunPoststop(ContainerState state, Action<string> warn, bool hasBegun = true)
    {
        if (!hasBegun || state.Poststop.Count == 0)
        {
            return;
        }
        var json = HookState.Json(state, ContainerStatus.Stopped, null);
        // The bundle may be gone with its container.
        var directory = Sys.Stat(Native.AT_FDCWD, new CString(state.Bundle), 0, out var status) == Errno.OK && status.IsDirectory ? state.Bundle : null;
        foreach (var hook in PreparedHook.All(HookKind.Poststop, state.Poststop, directory))
        {
            if (hook.Run(hook.Environment ?? OwnEnvironment(), json, out _) is { } problem)
            {
                warn(problem);
            }
        }
    }

    private static void Run(HookKind kind, IReadOnlyList<Hook> hooks, string bundle, byte[] json)
    {
        foreach (var hook in PreparedHook.All(kind, hooks, bundle))
        {
            if (hook.Run(hook.Environment ?? OwnEnvironment(), json, out var error) is { } problem)
            {
                throw new HookError(problem, hook.Name, error);
            }
        }
    }

    private static StringVector OwnEnvironment()
    {
        ProcFiles.ReadWhole(Native.AT_FDCWD, "/proc/self/environ"u8, EnvironmentLimit, out var bytes).OrThrow("read the runtime's own environment");
        ReadOnlySpan<byte> all = bytes;
        var environment = new StringVector(all.Count((byte)0) + 1, all.Length + 1);
        foreach (var range in all.Split((byte)0))
        {
            if (!all[range].IsEmpty)
            {
                environment.TryAdd(all[range]);
            }
        }
        return environment;
    }
}
