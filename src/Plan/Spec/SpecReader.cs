using System;
using System.Collections.Generic;
using System.Text.Json;

namespace SharpRun.Planning;

/// <summary>config.json to records, in one strict pass (R34): null means absent, unknown properties are ignored, everything else that is not
/// exactly as the specification says is an error that names its JSON path. What we cannot honour yet is an error too (see NotYet).</summary>
public ref partial struct SpecReader
{
    private readonly Action<string>? _warn;
    private Utf8JsonReader _reader;
    private ReadOnlySpan<byte> _key;
    // How many known names the current property has been compared with: the bit of the next one in `seen`.
    private int _compared;
    private Segments _path;
    private int _depth;
    // One warning a name, though it usually stands in all five sets.
    private HashSet<string>? _unknownCapabilities;

    private SpecReader(ReadOnlySpan<byte> json, Action<string>? warn)
    {
        _reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth, CommentHandling = JsonCommentHandling.Disallow });
        _warn = warn;
    }

    /// <summary>Throws <see cref="SpecError"/> and nothing else. Warnings are whole sentences.</summary>
    public static Spec Read(ReadOnlySpan<byte> json, Action<string>? warn)
    {
        CheckBytes(json);
        var reader = new SpecReader(json, warn);
        try
        {
            reader._reader.Read();
            var spec = reader.ReadSpec();
            // Past the end: anything but white space here is a syntax error.
            reader._reader.Read();
            return spec;
        }
        catch (JsonException error)
        {
            throw SyntaxError(json, error, reader.OpenLevels());
        }
    }

    /// <summary>A document that is a process object alone, for exec --process; null when it says null.</summary>
    public static Process? ReadProcess(ReadOnlySpan<byte> json, Action<string>? warn)
    {
        CheckBytes(json);
        var reader = new SpecReader(json, warn);
        try
        {
            reader._reader.Read();
            var process = reader.ReadProcess();
            reader._reader.Read();
            return process;
        }
        catch (JsonException error)
        {
            throw SyntaxError(json, error, reader.OpenLevels());
        }
    }

    private Spec ReadSpec()
    {
        string? version = null, hostname = null, domainname = null;
        Root? root = null;
        Process? process = null;
        IReadOnlyList<Mount> mounts = [];
        var annotations = new Dictionary<string, string>();
        var hooks = Hooks.None;
        LinuxConfig? linux = null;
        if (!BeginObject())
        {
            throw WrongType("an object");
        }
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("ociVersion", ref seen)) { version = ReadVersion(); }
            else if (Key("process", ref seen)) { process = ReadProcess(); }
            else if (Key("root", ref seen)) { root = ReadRoot(); }
            else if (Key("hostname", ref seen)) { hostname = Text(); }
            else if (Key("domainname", ref seen)) { domainname = Text(); }
            else if (Key("mounts", ref seen)) { mounts = ReadMounts(); }
            else if (Key("annotations", ref seen)) { annotations = ReadTextMap("an annotation"); }
            else if (Key("hooks", ref seen)) { hooks = ReadHooks(); }
            else if (Key("linux", ref seen)) { linux = ReadLinux(); }
            else { _reader.Skip(); }
        }
        return new Spec
        {
            OciVersion = version ?? throw Missing("ociVersion"),
            Root = root ?? throw Missing("root"),
            Process = process,
            Hostname = hostname,
            Domainname = domainname,
            Mounts = mounts,
            Annotations = annotations,
            Hooks = hooks,
            Linux = linux ?? new LinuxConfig(),
        };
    }

    private string? ReadVersion()
    {
        var version = Text();
        return version is null || IsVersionOne(version) ? version : throw Problem($"version \"{version}\" is not known (1.x.y is)");
    }

    // SemVer 1.MINOR.PATCH with an optional -pre-release and +build, both of [0-9A-Za-z.-]: "1.0.2-dev" is what docker writes.
    private static bool IsVersionOne(string version)
    {
        var core = version.AsSpan();
        var tail = core.IndexOfAny('-', '+');
        if (tail >= 0)
        {
            foreach (var c in core[tail..])
            {
                if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '+'))
                {
                    return false;
                }
            }
            if (tail == core.Length - 1)
            {
                return false;
            }
            core = core[..tail];
        }
        if (!core.StartsWith("1."))
        {
            return false;
        }
        core = core[2..];
        var dot = core.IndexOf('.');
        return dot > 0 && IsDigits(core[..dot]) && IsDigits(core[(dot + 1)..]);
    }

    private static bool IsDigits(ReadOnlySpan<char> text) => text.Length is > 0 and < 10 && !text.ContainsAnyExceptInRange('0', '9');

    private Root? ReadRoot()
    {
        if (!BeginObject())
        {
            return null;
        }
        string? path = null;
        var isReadonly = false;
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("path", ref seen)) { path = Text(); }
            else if (Key("readonly", ref seen)) { isReadonly = Flag(); }
            else { _reader.Skip(); }
        }
        return new Root(path ?? "", isReadonly);
    }

    private List<Mount> ReadMounts()
    {
        var mounts = new List<Mount>();
        if (BeginArray())
        {
            while (NextElement())
            {
                mounts.Add(ReadMount());
            }
        }
        return mounts;
    }

    private Mount ReadMount()
    {
        string? destination = null, type = null, source = null;
        IReadOnlyList<string> options = [];
        IReadOnlyList<IdMapping> uids = [], gids = [];
        RequireObject();
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("destination", ref seen)) { destination = Text(); }
            else if (Key("type", ref seen)) { type = Text(); }
            else if (Key("source", ref seen)) { source = Text(); }
            else if (Key("options", ref seen)) { options = ReadTexts(); }
            else if (Key("uidMappings", ref seen)) { uids = ReadMappings(); }
            else if (Key("gidMappings", ref seen)) { gids = ReadMappings(); }
            else { _reader.Skip(); }
        }
        return new Mount { Destination = destination ?? "", Type = type, Source = source, Options = options, UidMappings = uids, GidMappings = gids };
    }

    /// <summary>An object whose names are data: annotations, sysctls.</summary>
    private Dictionary<string, string> ReadTextMap(string what)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!BeginObject())
        {
            return texts;
        }
        while (NextKey())
        {
            if (_key.IsEmpty)
            {
                throw Problem($"{what} has an empty name");
            }
            var name = AnyKey();
            if (!texts.TryAdd(name, _reader.TokenType == JsonTokenType.Null ? "" : RequiredText()))
            {
                throw Problem($"\"{name}\" is given twice");
            }
        }
        return texts;
    }

    /// <summary>In a list of objects there is no absent one: null is an error.</summary>
    private void RequireObject()
    {
        if (!BeginObject())
        {
            throw WrongType("an object");
        }
    }

    private List<string> ReadTexts()
    {
        var texts = new List<string>();
        if (BeginArray())
        {
            while (NextElement())
            {
                texts.Add(RequiredText());
            }
        }
        return texts;
    }
}
