using System.Collections.Generic;

namespace SharpRun.Planning;

public ref partial struct SpecReader
{
    private LinuxConfig? ReadLinux()
    {
        if (!BeginObject())
        {
            return null;
        }
        var linux = new LinuxConfig();
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("namespaces", ref seen)) { linux = linux with { Namespaces = ReadNamespaces() }; }
            else if (Key("uidMappings", ref seen)) { linux = linux with { UidMappings = ReadMappings() }; }
            else if (Key("gidMappings", ref seen)) { linux = linux with { GidMappings = ReadMappings() }; }
            else if (Key("timeOffsets", ref seen)) { linux = linux with { TimeOffsets = ReadTimeOffsets() }; }
            else if (Key("devices", ref seen)) { linux = linux with { Devices = ReadDevices() }; }
            else if (Key("cgroupsPath", ref seen)) { linux = linux with { CgroupsPath = Text() }; }
            else if (Key("resources", ref seen)) { linux = linux with { Resources = ReadResources() }; }
            else if (Key("rootfsPropagation", ref seen)) { linux = linux with { RootfsPropagation = ReadRootfsPropagation() }; }
            else if (Key("sysctl", ref seen)) { linux = linux with { Sysctl = ReadTextMap("a sysctl") }; }
            else if (Key("maskedPaths", ref seen)) { linux = linux with { MaskedPaths = ReadTexts() }; }
            else if (Key("readonlyPaths", ref seen)) { linux = linux with { ReadonlyPaths = ReadTexts() }; }
            else if (Key("seccomp", ref seen)) { linux = linux with { Seccomp = ReadSeccomp() }; }
            else if (Key("personality", ref seen)) { linux = linux with { Personality = ReadPersonality() }; }
            else if (Key("mountLabel", ref seen)) { linux = linux with { MountLabel = Text() }; }
            else { Other(NotYet.Linux, ref seen); }
        }
        return linux;
    }

    private List<Namespace> ReadNamespaces()
    {
        var namespaces = new List<Namespace>();
        if (BeginArray())
        {
            while (NextElement())
            {
                namespaces.Add(ReadNamespace());
            }
        }
        return namespaces;
    }

    private Namespace ReadNamespace()
    {
        NamespaceType? type = null;
        string? path = null;
        RequireObject();
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("type", ref seen)) { type = ReadNamespaceType(); }
            else if (Key("path", ref seen)) { path = Text(); }
            else { _reader.Skip(); }
        }
        return new Namespace(type ?? throw Missing("type"), path);
    }

    private NamespaceType? ReadNamespaceType()
    {
        var word = Text();
        return word switch
        {
            null => null,
            "pid" => NamespaceType.Pid,
            "network" => NamespaceType.Network,
            "mount" => NamespaceType.Mount,
            "ipc" => NamespaceType.Ipc,
            "uts" => NamespaceType.Uts,
            "user" => NamespaceType.User,
            "cgroup" => NamespaceType.Cgroup,
            "time" => NamespaceType.Time,
            _ => throw Problem($"\"{word}\" is not a type of namespace"),
        };
    }

    private string? ReadRootfsPropagation()
    {
        var word = Text();
        return word is null or "private" or "rprivate" or "slave" or "rslave" or "shared" or "rshared" or "unbindable" or "runbindable"
            ? word
            : throw Problem($"\"{word}\" is not a propagation mode");
    }

    private List<IdMapping> ReadMappings()
    {
        var mappings = new List<IdMapping>();
        if (BeginArray())
        {
            while (NextElement())
            {
                mappings.Add(ReadMapping());
            }
        }
        return mappings;
    }

    private IdMapping ReadMapping()
    {
        uint? container = null, host = null;
        long? size = null;
        RequireObject();
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("containerID", ref seen)) { container = Id(); }
            else if (Key("hostID", ref seen)) { host = Id(); }
            else if (Key("size", ref seen)) { size = Integer(1, uint.MaxValue); }
            else { _reader.Skip(); }
        }
        return new IdMapping(container ?? throw Missing("containerID"), host ?? throw Missing("hostID"), (uint)(size ?? throw Missing("size")));
    }

    private TimeOffsets? ReadTimeOffsets()
    {
        if (!BeginObject())
        {
            return null;
        }
        TimeOffset? monotonic = null, boottime = null;
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("monotonic", ref seen)) { monotonic = ReadTimeOffset(); }
            else if (Key("boottime", ref seen)) { boottime = ReadTimeOffset(); }
            else { throw Problem($"\"{AnyKey()}\" is not a clock that a time namespace shifts (monotonic and boottime are)"); }
        }
        return monotonic is null && boottime is null ? null : new TimeOffsets(monotonic, boottime);
    }

    private TimeOffset? ReadTimeOffset()
    {
        const long nanosecondsMost = 999_999_999;
        if (!BeginObject())
        {
            return null;
        }
        long secs = 0;
        uint nanosecs = 0;
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("secs", ref seen)) { secs = Integer(long.MinValue, long.MaxValue) ?? 0; }
            else if (Key("nanosecs", ref seen)) { nanosecs = (uint)(Integer(0, nanosecondsMost) ?? 0); }
            else { _reader.Skip(); }
        }
        return new TimeOffset(secs, nanosecs);
    }

    private List<Device> ReadDevices()
    {
        var devices = new List<Device>();
        if (BeginArray())
        {
            while (NextElement())
            {
                devices.Add(ReadDevice());
            }
        }
        return devices;
    }

    private Device ReadDevice()
    {
        string? type = null, path = null;
        uint? major = null, minor = null, mode = null, uid = null, gid = null;
        RequireObject();
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("type", ref seen)) { type = ReadDeviceType(); }
            else if (Key("path", ref seen)) { path = Text(); }
            else if (Key("major", ref seen)) { major = (uint?)Integer(0, MaxMajor); }
            else if (Key("minor", ref seen)) { minor = (uint?)Integer(0, MaxMinor); }
            // Managers send the whole st_mode; the type bits say nothing that "type" does not.
            else if (Key("fileMode", ref seen)) { mode = (uint?)Integer(0, uint.MaxValue) & 0xFFF /* 07777 */; }
            else if (Key("uid", ref seen)) { uid = Id(); }
            else if (Key("gid", ref seen)) { gid = Id(); }
            else { _reader.Skip(); }
        }
        if (type is null)
        {
            throw Missing("type");
        }
        if (type != "p" && (major is null || minor is null))
        {
            throw Missing(major is null ? "major" : "minor");
        }
        return new Device(type[0] == 'u' ? 'c' : type[0], path ?? "", major ?? 0, minor ?? 0, mode, uid, gid);
    }

    private string? ReadDeviceType()
    {
        var type = Text();
        return type is null or "c" or "b" or "u" or "p" ? type : throw Problem($"\"{type}\" is not a type of device (c, b, u and p are)");
    }
}
