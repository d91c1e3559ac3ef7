namespace SharpRun.Planning;

/// <summary>The namespaces are there and the root file system stands beside the host's: the parent runs the prestart and the createRuntime
/// hooks, in its own namespaces, and answers. Only a plan with such hooks asks.</summary>
public sealed record AskForHooks : Step
{
    public override string Text => "let the parent run the prestart and createRuntime hooks";
}

/// <summary>A createContainer hook (in the container's namespaces, with the host's paths) or a startContainer hook (in the container). The
/// verb leaves the whole sentence of a failure in the recorder: `start` has no plan at hand.</summary>
public sealed record RunHook(HookKind Kind, int Index, Hook Hook) : Step
{
    public override string Text => $"run {Kind.Word()} hook #{Index} {Hook.Path}";

    public override string Failure(string detail) => detail.Length == 0 ? Text : detail;
}
