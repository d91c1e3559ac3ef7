using System;
using System.Buffers.Text;
using System.Collections.Generic;
using System.Text;
using SharpRun.Linux;
using SharpRun.Parent;
using SharpRun.Planning;

namespace SharpRun.InitStage;

/// <summary>The hooks of the clone child, made ready by the parent.</summary>
sealed record InitHooks(InitHookList CreateContainer, InitHookList StartContainer);

/// <summary>The state is what stands before and after the pid.</summary>
sealed record InitHookList(IReadOnlyList<PreparedHook> Hooks, byte[] StateBefore, byte[] StateAfter, StringVector Environment);

static partial class Verbs
{
    private const uint UsualUmask = 0x12; // 022

    private static Errno AskForHooks(InitContext context) => Ask(context, Conversation.HooksPlease);

    private static Errno RunHook(InitContext context, RunHook step)
    {
        var isInside = step.Kind == HookKind.StartContainer;
        var list = isInside ? context.Hooks!.StartContainer : context.Hooks!.CreateContainer;
        // Until the user is set our umask is 0, with which no hook of the host should make its files.
        var umask = isInside ? 0 : Sys.Umask(UsualUmask);
        var hook = list.Hooks[step.Index];
        // process.env has its HOME by now, so not earlier than here.
        var problem = hook.Run(hook.Environment ?? list.Environment, StateWithPid(list), out _);
        if (!isInside)
        {
            Sys.Umask(umask);
        }
        return problem is null ? Errno.OK : context.Refuse(Encoding.UTF8.GetBytes(problem));
    }

    // For hooks in the container's namespaces it is the pid that the container sees (runtime-spec, runtime.md "State").
    private static byte[] StateWithPid(InitHookList list)
    {
        Span<byte> digits = stackalloc byte[16];
        Utf8Formatter.TryFormat(Sys.GetPid(), digits, out var length);
        return [.. list.StateBefore, .. digits[..length], .. list.StateAfter];
    }
}
