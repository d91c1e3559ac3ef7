using System;
using System.Collections.Generic;
using SharpRun.Planning;

namespace SharpRun.Parent;

/// <summary>The way back, written beside each act. Leaving without <see cref="Forget"/> runs it backwards; an error does not stop it.</summary>
sealed class Undo(Action<string> report) : IDisposable
{
    private readonly Stack<(string Name, Action Act)> _acts = new();

    /// <summary>The name is a mutant's too: `Undo.NAME` leaves the act out.</summary>
    public void Push(string name, Action act) => _acts.Push((name, act));

    public void Forget() => _acts.Clear();

    public void Dispose()
    {
        while (_acts.TryPop(out var undo))
        {
            if (Mutant.Skips("Undo." + undo.Name))
            {
                continue;
            }
            try
            {
                undo.Act();
            }
            catch (Exception error)
            {
                report($"{undo.Name}: {error.Message}");
            }
        }
    }
}
