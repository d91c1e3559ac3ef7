using System.Collections.Generic;

namespace SharpRun.Planning;

/// <summary>Before anything of the container is joined: who has CAP_SYS_PTRACE inside looks into a hidden process all the same, and what it
/// holds open would be a way out (R12, CVE-2016-9962, CVE-2024-21626). What exec itself needs stays.</summary>
public sealed record CloseHostsDescriptors(int Preserved) : Step
{
    public override string Text => "close the host's descriptors";
}

/// <summary>
/// By a pidfd of the container's init, whose start time was compared: what is joined cannot be swapped for another process's. All at
/// once, so that the kernel judges each with the rights over the user namespace among them (setns(2), 5.8). What is born in the container's pid
/// namespace by the second clone has the container's root from its first moment: there is no host left for a process inside to look at.
/// </summary>
public sealed record JoinContainer(IReadOnlyList<NamespaceType> Types) : Step
{
    public override string Text
    {
        get
        {
            var words = new List<string>(Types.Count);
            foreach (var type in Types)
            {
                words.Add(type.Word());
            }
            return $"join the container's {string.Join(", ", words)} namespace{(words.Count == 1 ? "" : "s")}";
        }
    }
}

/// <summary>The container's own, which create has made findable for its owner (R23); the caller's is never visible inside.</summary>
public sealed record JoinKeyring(CString Name) : Step
{
    public override string Text => $"join the session keyring {Name}";
}

/// <summary>Tell the parent that nothing is left but to execute the program, and wait for its answer: it sets the oom score and writes the
/// pid file. From here on the conversation ends by execve, which closes it.</summary>
public sealed record TellPrepared : Step
{
    public override string Text => "tell the parent that the program can be executed";
}
