using System.Collections.Generic;
using System.Globalization;

namespace SharpRun.Planning;

public static partial class Planner
{
    // What init is born into. Mostly one clone makes it all. Three things need a process that joins first and then makes init: a user
    // namespace by path (what init has of its own must belong to it), a pid namespace by path (it takes effect for children alone), and
    // namespaces by path beside a new user namespace (from inside of that there is no power left to join them).
    private static CloneAgain? CloneAgain(Spec spec, HostFacts host, CgroupPlan? cgroup)
    {
        var user = spec.Linux.Namespace(NamespaceType.User);
        var joins = false;
        foreach (var space in spec.Linux.Namespaces)
        {
            joins |= space.Path is not null && space.Type != NamespaceType.Mount;
        }
        var first = user?.Path is not null || spec.Linux.Namespace(NamespaceType.Pid)?.Path is not null || (user is not null && joins);
        return first ? new CloneAgain(NewNamespaces(spec, host, cgroup)) : null;
    }

    private static CloneFlags NewNamespaces(Spec spec, HostFacts host, CgroupPlan? cgroup)
    {
        var flags = CloneFlags.None;
        foreach (var space in spec.Linux.Namespaces)
        {
            // On v2 the child is born inside its group; on v1, and by systemd, it is moved there first, so the namespace is a later step.
            // The folder of an ipc namespace's message queues, /dev/mqueue, belongs to whoever makes the namespace: that is the user namespace's root.
            var isStep = space.Type == NamespaceType.Time || (space.Type == NamespaceType.Cgroup && !IsBornInCgroup(host, cgroup))
                || (space.Type == NamespaceType.Ipc && spec.Linux.Namespace(NamespaceType.User) is not null);
            if (space.Path is null && !isStep)
            {
                flags |= (CloneFlags)space.Type.Flag();
            }
        }
        return flags;
    }

    // Who has power over the host joins the others while it has it: they may belong to the host, or to the user namespace below it.
    // An ordinary user has power only inside of its user namespace. A mount namespace comes last: with it the host's paths are gone (R28).
    private static List<JoinNamespace> Joins(Spec spec, HostFacts host)
    {
        var joins = new List<JoinNamespace>();
        var userFirst = host.Euid != 0;
        Add(user: userFirst);
        Add(user: !userFirst);
        return joins;

        void Add(bool user)
        {
            for (var i = 0; i < spec.Linux.Namespaces.Count; i++)
            {
                var (type, path) = spec.Linux.Namespaces[i];
                if (path is not null && type != NamespaceType.Mount && (type == NamespaceType.User) == user)
                {
                    joins.Add(new JoinNamespace(type, path, joins.Count) { Index = i });
                }
            }
        }
    }

    private static void JoinAndBeBorn(List<Step> steps, Spec spec, HostFacts host, IReadOnlyList<JoinNamespace> joins, CloneAgain? again)
    {
        var user = spec.Linux.Namespace(NamespaceType.User);
        var isMapped = user is not null && user.Path is null;
        // The caller itself has to write to an ordinary user's child, in /proc, where what is hidden belongs to the host's root.
        var isHiddenLater = isMapped && host.Euid != 0;
        if (!isHiddenLater)
        {
            steps.Add(new HideMemory());
        }
        foreach (var join in joins)
        {
            steps.Add(join);
            if (join.Type == NamespaceType.User && spec.Linux.UidMappings.Count > 0)
            {
                steps.Add(new CompareIdMaps(spec.Linux.UidMappings, spec.Linux.GidMappings));
            }
        }
        if (again is not null)
        {
            steps.Add(again);
        }
        if (isMapped)
        {
            steps.Add(new AwaitIdMaps());
        }
        // Its offsets are written in /proc too, where this process's files are its own until it is hidden, or becomes another user.
        if (spec.Linux.Namespace(NamespaceType.Time) is { Path: null })
        {
            steps.Add(new NewTimeNamespace(OffsetsText(spec.Linux.TimeOffsets)));
        }
        if (isHiddenLater)
        {
            steps.Add(new HideMemory());
        }
        if (user is not null)
        {
            steps.Add(new BecomeRoot());
            if (spec.Linux.Namespace(NamespaceType.Ipc) is { Path: null })
            {
                steps.Add(new UnshareIpc());
            }
        }
    }

    private static JoinNamespace? MountJoin(Spec spec, int slot)
    {
        for (var i = 0; i < spec.Linux.Namespaces.Count; i++)
        {
            if (spec.Linux.Namespaces[i] is { Type: NamespaceType.Mount, Path: { } path })
            {
                return new JoinNamespace(NamespaceType.Mount, path, slot) { Index = i };
            }
        }
        return null;
    }

    private static CString? OffsetsText(TimeOffsets? offsets)
    {
        var lines = new List<string>();
        Add("monotonic", offsets?.Monotonic);
        Add("boottime", offsets?.Boottime);
        return lines.Count == 0 ? null : new CString(string.Join('\n', lines));

        void Add(string clock, TimeOffset? offset)
        {
            if (offset is not null)
            {
                lines.Add(string.Create(CultureInfo.InvariantCulture, $"{clock} {offset.Secs} {offset.Nanosecs}"));
            }
        }
    }

    private static IdMaps? IdMapsOf(Spec spec, HostFacts host)
    {
        if (spec.Linux.Namespace(NamespaceType.User) is not { Path: null })
        {
            return null;
        }
        var (uids, gids) = (spec.Linux.UidMappings, spec.Linux.GidMappings);
        var isUser = host.Euid != 0;
        var gidsByTool = isUser && !IsOnly(gids, host.Egid);
        return new IdMaps(uids, gids)
        {
            UidsByTool = isUser && !IsOnly(uids, host.Euid),
            GidsByTool = gidsByTool,
            DenySetgroups = isUser && !gidsByTool,
        };
    }

    private static bool IsOnly(IReadOnlyList<IdMapping> mappings, uint id) => mappings is [{ Size: 1 } only] && only.HostId == id;

    // In a user namespace that denies setgroups the caller's groups stay, and no other can be had.
    private static void RefuseUnprivileged(Spec spec, HostFacts host, IdMaps? maps)
    {
        if (host.Euid != 0 && spec.Linux.Namespace(NamespaceType.User) is null)
        {
            throw new SpecError("linux.namespaces", "rootless container requires user namespaces");
        }
        if (maps is { DenySetgroups: true } && spec.Process!.User.AdditionalGids.Count > 0)
        {
            throw new SpecError("process.user.additionalGids", "cannot set any additional groups in a rootless container");
        }
    }
}
