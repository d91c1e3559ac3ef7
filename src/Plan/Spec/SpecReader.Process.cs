using System;
using System.Collections.Generic;

namespace SharpRun.Planning;

public ref partial struct SpecReader
{
    private Process? ReadProcess()
    {
        if (!BeginObject())
        {
            return null;
        }
        var process = new Process { Cwd = "" };
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("user", ref seen)) { process = process with { User = ReadUser() }; }
            else if (Key("args", ref seen)) { process = process with { Args = ReadTexts() }; }
            else if (Key("env", ref seen)) { process = process with { Env = ReadTexts() }; }
            else if (Key("cwd", ref seen)) { process = process with { Cwd = Text() ?? "" }; }
            else if (Key("capabilities", ref seen)) { process = process with { Capabilities = ReadCapabilities() }; }
            else if (Key("rlimits", ref seen)) { process = process with { Rlimits = ReadRlimits() }; }
            else if (Key("terminal", ref seen)) { process = process with { Terminal = Flag() }; }
            else if (Key("consoleSize", ref seen)) { process = process with { ConsoleSize = ReadConsoleSize() }; }
            else if (Key("noNewPrivileges", ref seen)) { process = process with { NoNewPrivileges = Flag() }; }
            else if (Key("oomScoreAdj", ref seen)) { process = process with { OomScoreAdj = (int?)Integer(int.MinValue, int.MaxValue) }; }
            else if (Key("scheduler", ref seen)) { process = process with { Scheduler = ReadScheduler() }; }
            else if (Key("ioPriority", ref seen)) { process = process with { IoPriority = ReadIoPriority() }; }
            else if (Key("apparmorProfile", ref seen)) { process = process with { ApparmorProfile = Text() }; }
            else if (Key("selinuxLabel", ref seen)) { process = process with { SelinuxLabel = Text() }; }
            else if (Key("execCPUAffinity", ref seen)) { process = process with { ExecCpuAffinity = ReadExecCpuAffinity() }; }
            else { _reader.Skip(); }
        }
        return process;
    }

    private ConsoleSize? ReadConsoleSize()
    {
        uint height = 0, width = 0;
        if (!BeginObject())
        {
            return null;
        }
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("height", ref seen)) { height = (uint?)Integer(0, uint.MaxValue) ?? 0; }
            else if (Key("width", ref seen)) { width = (uint?)Integer(0, uint.MaxValue) ?? 0; }
            else { _reader.Skip(); }
        }
        return new ConsoleSize(height, width);
    }

    private User ReadUser()
    {
        uint uid = 0, gid = 0;
        uint? umask = null;
        IReadOnlyList<uint> groups = [];
        if (!BeginObject())
        {
            return new User();
        }
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("uid", ref seen)) { uid = Id() ?? 0; }
            else if (Key("gid", ref seen)) { gid = Id() ?? 0; }
            else if (Key("umask", ref seen)) { umask = (uint?)Integer(0, 511 /* 0777 */); }
            else if (Key("additionalGids", ref seen)) { groups = ReadGroups(); }
            else { Other(NotYet.User, ref seen); }
        }
        return new User { Uid = uid, Gid = gid, Umask = umask, AdditionalGids = groups };
    }

    private List<uint> ReadGroups()
    {
        var groups = new List<uint>();
        if (BeginArray())
        {
            while (NextElement())
            {
                groups.Add(Id() ?? throw WrongType("a number"));
            }
        }
        return groups;
    }

    private CapabilitySets? ReadCapabilities()
    {
        if (!BeginObject())
        {
            return null;
        }
        ulong bounding = 0, effective = 0, permitted = 0, inheritable = 0, ambient = 0;
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("bounding", ref seen)) { bounding = ReadCapabilitySet(); }
            else if (Key("effective", ref seen)) { effective = ReadCapabilitySet(); }
            else if (Key("permitted", ref seen)) { permitted = ReadCapabilitySet(); }
            else if (Key("inheritable", ref seen)) { inheritable = ReadCapabilitySet(); }
            else if (Key("ambient", ref seen)) { ambient = ReadCapabilitySet(); }
            else { _reader.Skip(); }
        }
        return new CapabilitySets(bounding, effective, permitted, inheritable, ambient);
    }

    private ulong ReadCapabilitySet()
    {
        ulong mask = 0;
        if (!BeginArray())
        {
            return mask;
        }
        while (NextElement())
        {
            var name = RequiredText();
            if (Capabilities.TryFind(name, out var number))
            {
                mask |= 1UL << number;
            }
            else if ((_unknownCapabilities ??= new HashSet<string>(StringComparer.Ordinal)).Add(name))
            {
                // A power that cannot be granted is a warning since 1.1 of the specification: an older runtime would run it with less.
                _warn?.Invoke(OneLine.Of($"unknown capability \"{name}\" ignored"));
            }
        }
        return mask;
    }

    private List<Rlimit> ReadRlimits()
    {
        var rlimits = new List<Rlimit>();
        if (!BeginArray())
        {
            return rlimits;
        }
        while (NextElement())
        {
            var rlimit = ReadRlimit();
            foreach (var earlier in rlimits)
            {
                if (earlier.Resource == rlimit.Resource)
                {
                    throw Problem($"{rlimit.Name} is given twice");
                }
            }
            rlimits.Add(rlimit);
        }
        return rlimits;
    }

    private Rlimit ReadRlimit()
    {
        string? name = null;
        var resource = 0;
        ulong? soft = null, hard = null;
        RequireObject();
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("type", ref seen))
            {
                name = Text();
                if (name is not null && !Rlimits.TryFind(name, out resource))
                {
                    throw Problem($"unknown resource limit \"{name}\"");
                }
            }
            else if (Key("soft", ref seen)) { soft = Unsigned(); }
            else if (Key("hard", ref seen)) { hard = Unsigned(); }
            else { _reader.Skip(); }
        }
        return new Rlimit(name ?? throw Missing("type"), resource, soft ?? throw Missing("soft"), hard ?? throw Missing("hard"));
    }
}
