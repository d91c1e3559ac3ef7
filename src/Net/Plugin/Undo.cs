using System;
using System.Collections.Generic;
using SharpRun.CommandLine;

namespace SharpRun.Net.Plugin;

/// <summary>How to take back what was done, the last first. What cannot be taken back is told on stderr and left to the next DEL or GC: the error
/// that is answered is the one that came first.</summary>
sealed class Undo
{
    private readonly Stack<Action> _acts = [];

    public void Add(Action act) => _acts.Push(act);

    public void Run()
    {
        while (_acts.TryPop(out var act))
        {
            try
            {
                act();
            }
            catch (Exception error)
            {
                Output.WriteError($"sharprun-net: warning: while a failed ADD was undone: {CniPlugin.ErrorOf(error).Message}\n");
            }
        }
    }
}

/// <summary>Several acts of which every one is tried; the first error is thrown at the end.</summary>
static class Each
{
    public static void Try(params ReadOnlySpan<Action> acts)
    {
        Exception? first = null;
        foreach (var act in acts)
        {
            try
            {
                act();
            }
            catch (Exception error)
            {
                first ??= error;
            }
        }
        if (first is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
        }
    }
}
