using System.Collections.Generic;

namespace SharpRun.Planning;

/// <summary>No other process may look into this one's memory or descriptors, which are the host's until execve: not in a namespace that is
/// shared with others (R18, CVE-2016-9962).</summary>
public sealed record HideMemory : Step
{
    public override string Text => "hide memory and descriptors from other processes";
}

/// <summary>Slot is the place of the namespace's descriptor, which the parent has opened and checked.</summary>
public sealed record JoinNamespace(NamespaceType Type, CString Path, int Slot) : Step
{
    /// <summary>Where it stands in config.json: linux.namespaces[Index].</summary>
    public int Index { get; init; }

    public override string Text => $"join the {Type.Word()} namespace {Path}";
}

/// <summary>The maps that came with the path of a user namespace (CRI sends both) have to be those of the namespace.</summary>
public sealed record CompareIdMaps(IReadOnlyList<IdMapping> Uids, IReadOnlyList<IdMapping> Gids) : Step
{
    public override string Text => "compare the user namespace's id maps with linux.uidMappings and linux.gidMappings";
}

/// <summary>A joined pid namespace begins with the next child, and what is made in a joined user namespace belongs to it only from there:
/// so the process that has joined makes init, as a child of its own parent (CLONE_PARENT), and ends.</summary>
public sealed record CloneAgain(CloneFlags Flags) : Step
{
    public override string Text => $"clone again {Plan.Describe(Flags)}";
}

/// <summary>The parent writes the maps of the new user namespace (R29).</summary>
public sealed record AwaitIdMaps : Step
{
    public override string Text => "wait for the id maps";
}

/// <summary>From here on files are made, and looked for, as the user namespace's root.</summary>
public sealed record BecomeRoot : Step
{
    public override string Text => "become root of the user namespace";
}

/// <summary>With a user namespace, the ipc namespace is made by that one's root, who gets /dev/mqueue.</summary>
public sealed record UnshareIpc : Step
{
    public override string Text => "make the ipc namespace";
}

/// <summary>Made and entered by the child itself: after the first process is in, the offsets cannot be written any more
/// (time_namespaces(7)). Offsets is the text for timens_offsets, or null.</summary>
public sealed record NewTimeNamespace(CString? Offsets) : Step
{
    public override string Text => "make the time namespace" + (Offsets is null ? "" : " with offsets " + Offsets.ToString().Replace("\n", ", ", System.StringComparison.Ordinal));
}
