namespace SharpRun.Planning;

/// <summary>From here on the filter judges every call of this process: as few as can be come after it. With a listener, the parent is sent that
/// and passes it on to the agent before anything else happens.</summary>
public sealed record LoadSeccomp(SeccompFilter Filter) : Step
{
    public override string Text => $"load the seccomp filter: {Filter.About}";

    public override string Failure(string detail) => detail.Length == 0 ? "load the seccomp filter" : $"load the seccomp filter: {detail}";
}
