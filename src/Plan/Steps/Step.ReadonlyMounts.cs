namespace SharpRun.Planning;

/// <summary>A tmpfs that is to be read-only, once what belongs into it is there.</summary>
public sealed record MakeMountReadonly(RootedPath Target) : Step
{
    public override string Text => $"make the mount at {Target} read-only";
}
