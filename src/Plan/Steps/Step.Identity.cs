using System.Collections.Generic;

namespace SharpRun.Planning;

public sealed record NewKeyring(CString Name) : Step
{
    public override string Text => $"join a new session keyring {Name}";
}

/// <summary>First as the runtime, then as the user: whichever may enter. The kernel's own getcwd must then see it inside (R13).</summary>
public sealed record ChangeDirectory(CString Path, bool MayBeDenied) : Step
{
    public override string Text => $"change directory to {Path}{(MayBeDenied ? " if permitted" : "")}";

    public override string Failure(string detail) =>
        $"chdir to cwd (\"{Path}\") set in config.json failed{(detail.Length == 0 ? "" : ": " + detail)}";
}

/// <summary>The standard streams belong to the container's user, but for the null device.</summary>
public sealed record OwnStreams(uint Uid) : Step
{
    public override string Text => $"give stdin, stdout, stderr to uid {Uid}";
}

/// <summary>HOME is not in process.env: it is the user's in the container's own /etc/passwd, or "/".</summary>
public sealed record FindHome(uint Uid) : Step
{
    public override string Text => $"find HOME of uid {Uid} in /etc/passwd";
}

/// <summary>Set by the child while it still has its power: a limit may be raised, and the parent, of another uid by the time the child is
/// ready, could not do it without CAP_SYS_RESOURCE. Of the limits on memory only the hard one is raised here.</summary>
public sealed record SetRlimits(IReadOnlyList<Rlimit> Limits) : Step
{
    public override string Text => "set " + RlimitText.Of(Limits);
}

/// <summary>The limits on memory come last of all: this process reserves gigabytes of address space until it executes the program.</summary>
public sealed record SetMemoryRlimits(IReadOnlyList<Rlimit> Limits) : Step
{
    public override string Text => "at last set " + RlimitText.Of(Limits);
}

public sealed record DropBoundingSet(ulong Keep, int LastCapability) : Step
{
    public override string Text => $"drop bounding capabilities, keep {CapabilityNames.Describe(Keep)}";
}

public sealed record SetUser(uint Uid, uint Gid, IReadOnlyList<uint> Groups, uint Umask) : Step
{
    public uint[] GroupArray { get; } = [.. Groups];

    /// <summary>In a user namespace that denies setgroups(2) the caller's groups stay, when no other ones are asked for.</summary>
    public bool MayKeepGroups { get; init; }

    public override string Text =>
        $"become uid {Uid}, gid {Gid}, groups [{string.Join(' ', Groups)}], umask {System.Convert.ToString(Umask, 8).PadLeft(4, '0')}";
}

public sealed record SetCapabilities(CapabilitySets Sets) : Step
{
    public override string Text =>
        $"set capabilities: effective {CapabilityNames.Describe(Sets.Effective)}; permitted {CapabilityNames.Describe(Sets.Permitted)}; " +
        $"inheritable {CapabilityNames.Describe(Sets.Inheritable)}; ambient {CapabilityNames.Describe(Sets.Ambient)}";
}

public sealed record NoNewPrivileges : Step
{
    public override string Text => "set no_new_privs";
}

/// <summary>args[0] is looked up in the container, as its user, with the PATH of process.env.</summary>
public sealed record FindExecutable(CString Name, IReadOnlyList<CString> Candidates) : Step
{
    public override string Text => $"find executable {Name}";

    // The words that managers turn into exit codes 126 and 127 (spec/cli.md, "Error texts").
    public override string Failure(string detail) => detail.Length == 0 ? $"exec: \"{Name}\"" : $"exec: \"{Name}\": {detail}";

    public bool IsPath => Name.ToString().Contains('/');
}

public sealed record Exec(IReadOnlyList<CString> Args, IReadOnlyList<CString> Env) : Step
{
    public override string Text => "exec " + string.Join(' ', Args);

    public override string Failure(string detail) => $"exec: \"{(detail.Length == 0 ? Args[0].ToString() : detail)}\"";
}

static class RlimitText
{
    public static string Of(IReadOnlyList<Rlimit> limits)
    {
        var words = new List<string>(limits.Count);
        foreach (var limit in limits)
        {
            words.Add($"{limit.Name} {Word(limit.Soft)}:{Word(limit.Hard)}");
        }
        return string.Join(", ", words);
    }

    private static string Word(ulong limit) =>
        limit == ulong.MaxValue ? "unlimited" : limit.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
