using System.Collections.Generic;
using SharpRun.Tar;

namespace SharpRun.Image.Unpack;

/// <summary>What of an image could not be kept here, counted by reason: warnings for the end, one line each and not one a file.</summary>
sealed class Losses
{
    private readonly Dictionary<string, (int Count, string First)> _reasons = [];

    public bool IsEmpty => _reasons.Count == 0;

    public void Add(string reason, byte[] name)
    {
        _reasons[reason] = _reasons.TryGetValue(reason, out var had) ? (had.Count + 1, had.First) : (1, TarText.Of(name));
    }

    /// <summary>"attribute user.x not kept, operation not supported: 17 files, first usr/bin/y".</summary>
    public IEnumerable<string> Sentences()
    {
        foreach (var (reason, (count, first)) in _reasons)
        {
            yield return count == 1 ? $"{reason}: {first}" : $"{reason}: {count} files, first {first}";
        }
    }
}
