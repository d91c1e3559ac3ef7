using System;

namespace SharpRun.Planning;

/// <summary>What is wrong with config.json, and where: Path is the JSON path (`mounts[4].options[1]`), or "" for the document as a whole.</summary>
public sealed class SpecError(string path, string problem)
    : Exception(OneLine.Of(path.Length == 0 ? $"config.json: {problem}" : $"config.json: {path}: {problem}"))
{
    public string Path { get; } = OneLine.Of(path);

    public string Problem { get; } = OneLine.Of(problem);

    /// <summary>The document is right, but asks for what this version, this machine or this user cannot give.</summary>
    public bool IsUnsupported { get; init; }
}
