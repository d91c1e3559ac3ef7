using System;
using System.Collections.Generic;
using System.Globalization;
using SharpRun.Json;

namespace SharpRun.Oci.Dockerfiles;

/// <summary>Which stages are built for a target, in their order; a stage that nothing needs is left out.</summary>
public sealed class StagePlan
{
    private readonly DockerfileTree _tree;
    private readonly string[] _images;

    /// <summary>Indexes into the tree's stages, rising; the last one is the target.</summary>
    public IReadOnlyList<int> Needed { get; }

    /// <summary>Target is a stage's name or number; null: the last stage. Throws ImageError "NAME:LINE: …".</summary>
    public StagePlan(DockerfileTree tree, GlobalScope scope, string? target, string name)
    {
        _tree = tree;
        _images = new string[tree.Stages.Count];
        for (var i = 0; i < _images.Length; i++)
        {
            var from = tree.Stages[i].From;
            try
            {
                _images[i] = scope.Expand(from.Image) is { Length: > 0 } image ? image : throw new ImageError($"FROM {from.Image}: the name is empty");
            }
            catch (JsonError error)
            {
                throw new ImageError($"{name}:{from.Line}: {error.Message}");
            }
        }
        var top = target is null ? tree.Stages.Count - 1
            : StageBefore(target.ToLowerInvariant(), tree.Stages.Count) ?? throw new ImageError($"{name}: there is no stage {target}");
        var needed = new SortedSet<int>();
        Need(top, needed);
        Needed = [.. needed];
    }

    /// <summary>The image, variables put in, of a stage's FROM.</summary>
    public string ImageOf(int stage) => _images[stage];

    /// <summary>The stage that a stage's FROM names; null: an image, or "scratch".</summary>
    public int? BaseOf(int stage) => StageNamed(_images[stage], stage);

    /// <summary>The stage that COPY --from names, by name or number; null: an image.</summary>
    public int? SourceOf(int stage, CopyInstruction copy) => copy.From is { } from ? StageBefore(from, stage) : null;

    private void Need(int stage, SortedSet<int> needed)
    {
        // Stages name only earlier ones: no circle, and no deeper than their number; a loop instead of recursion, for there may be thousands.
        var waiting = new Stack<int>();
        waiting.Push(stage);
        while (waiting.TryPop(out var next))
        {
            if (!needed.Add(next))
            {
                continue;
            }
            if (BaseOf(next) is { } below)
            {
                waiting.Push(below);
            }
            foreach (var instruction in _tree.Stages[next].Instructions)
            {
                if (instruction is CopyInstruction copy && SourceOf(next, copy) is { } source)
                {
                    waiting.Push(source);
                }
            }
        }
    }

    private int? StageBefore(string name, int before)
    {
        if (StageNamed(name, before) is { } named)
        {
            return named;
        }
        return int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < before ? number : null;
    }

    private int? StageNamed(string name, int before)
    {
        for (var i = before - 1; i >= 0; i--)
        {
            if (string.Equals(_tree.Stages[i].From.StageName, name, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }
        return null;
    }
}
