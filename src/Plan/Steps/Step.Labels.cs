namespace SharpRun.Planning;

/// <summary>AppArmor confines the program from its execve on. Said while the host's /proc is the one in sight: what an image, or a mount, put in
/// its place could take the word and do nothing (CVE-2019-16884, CVE-2023-28642).</summary>
public sealed record SetApparmorProfile(CString Profile) : Step
{
    /// <summary>What attr/apparmor/exec is told.</summary>
    public CString Command { get; } = new($"exec {Profile}");

    public override string Text => $"confine the program by AppArmor profile {Profile}";

    public override string Failure(string detail) => $"unable to apply apparmor profile \"{Profile}\"{(detail.Length == 0 ? "" : ": " + detail)}";
}

/// <summary>SELinux: the program's label from its execve on, and that of the session keyring which is joined before.</summary>
public sealed record SetSelinuxLabel(CString Label, bool WithKeyring) : Step
{
    public override string Text => $"label the program{(WithKeyring ? " and its keyring" : "")} {Label}";

    public override string Failure(string detail) => $"unable to set selinux label \"{Label}\"{(detail.Length == 0 ? "" : ": " + detail)}";
}
