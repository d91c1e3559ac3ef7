using System.Collections.Generic;
using System.Text;

namespace SharpRun.Planning;

/// <summary>One fsconfig(2) call: a flag when Value is null, else a string.</summary>
public sealed record FsOption(CString Key, CString? Value)
{
    /// <summary>As mount(2) wants it in its data: a comma of a label would end the option (mount(8), "context").</summary>
    public override string ToString() => Value is null ? $"{Key}" : IsLabel(Key.ToString()) ? $"{Key}=\"{Value}\"" : $"{Key}={Value}";

    /// <summary>An SELinux label of the file system.</summary>
    internal static bool IsLabel(string key) => key is "context" or "fscontext" or "defcontext" or "rootcontext";
}

/// <summary>The options of one mount, sorted by the call that takes them. Later words have already won over earlier ones.</summary>
public sealed record MountFlags
{
    public static MountFlags None { get; } = new();

    /// <summary>bind or rbind was said: the source is a place of the host, and the type means nothing.</summary>
    public bool Bind { get; init; }

    /// <summary>rbind: with everything mounted below.</summary>
    public bool Recursive { get; init; }

    /// <summary>MOUNT_ATTR_ bits for fsmount(2) or mount_setattr(2). Read-only stands here only: whether a new file system's superblock
    /// shall be read-only too (a block device may demand it, a tmpfs that is still to be filled may not) is for the planner.</summary>
    public uint AttributesSet { get; init; }

    /// <summary>What mount_setattr(2) must clear because it was said ("rw", "dev"), and the whole atime field if that one is set.</summary>
    public uint AttributesClear { get; init; }

    /// <summary>What a bind mount loses of its source's attributes because some other one was said: as remount does for runc and crun, where any
    /// explicit flag means exactly the flags that are named. Locked ones (EPERM in a user namespace) may be kept.</summary>
    public uint AttributesReset { get; init; }

    /// <summary>The same for the mount and everything that is mounted below it ("rro"), by mount_setattr(2) with AT_RECURSIVE (kernel 5.12).</summary>
    public uint RecursiveSet { get; init; }
    public uint RecursiveClear { get; init; }

    public bool HasRecursive => (RecursiveSet | RecursiveClear) != 0;

    /// <summary>remount was said: nothing new is mounted.</summary>
    public bool Remount { get; init; }

    /// <summary>tmpcopyup was said: a tmpfs begins with what it covers.</summary>
    public bool CopyUp { get; init; }

    /// <summary>MS_SHARED and its kin, each one call, in this order.</summary>
    public IReadOnlyList<(ulong Flags, bool Recursive)> Propagation { get; init; } = [];

    /// <summary>Superblock flags first ("sync"), then the file system's own words in the order given. Empty for a bind mount.</summary>
    public IReadOnlyList<FsOption> Data { get; init; } = [];

    /// <summary>The words for a plan's text, in brackets: " (ro, nosuid, mode=755)"; empty when there is nothing to say.</summary>
    public string Describe()
    {
        var text = new StringBuilder();
        foreach (var word in MountOptions.Words(this))
        {
            text.Append(text.Length == 0 ? " (" : ", ").Append(word);
        }
        return text.Length == 0 ? "" : text.Append(')').ToString();
    }
}
