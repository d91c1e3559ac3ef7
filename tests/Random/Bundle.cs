using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;

namespace SharpRun.RandomBundles;

/// <summary>config.json in the making. It begins as the least that the probe needs; each property adds to it.</summary>
sealed class Bundle
{
    public const string Probe = "/bin/probe";

    public Bundle(World world)
    {
        World = world;
        Process = new JsonObject
        {
            ["user"] = new JsonObject { ["uid"] = 0, ["gid"] = 0 },
            ["args"] = Array("/bin/busybox", "sh", Probe),
            ["env"] = Array("PATH=/bin"),
            ["cwd"] = "/",
            ["capabilities"] = new JsonObject
            {
                ["bounding"] = Capabilities(),
                ["permitted"] = Capabilities(),
                ["effective"] = Capabilities(),
            },
        };
        Linux = new JsonObject
        {
            ["cgroupsPath"] = world.CgroupPath,
            ["namespaces"] = new JsonArray(NewNamespace("pid"), NewNamespace("mount"), NewNamespace("ipc"), NewNamespace("uts"), NewNamespace("network")),
            ["resources"] = new JsonObject(),
        };
        Mounts.Add(Mount("/proc", "proc", "proc"));
    }

    public World World { get; }
    public JsonObject Process { get; }
    public JsonObject Linux { get; }
    public List<JsonObject> Mounts { get; private set; } = [];
    public JsonObject Other { get; } = new() { ["ociVersion"] = "1.2.0" };

    /// <summary>Of the foreground kind: `run`, which gives the program's exit status, in place of create, start, exec, kill, delete.</summary>
    public bool IsForeground { get; set; }

    /// <summary>The host's id of the container's root; 0 without a user namespace.</summary>
    public int RootId { get; set; }

    /// <summary>Which borderlines are in it.</summary>
    public List<string> Remarks { get; } = [];

    public string Rootfs { get; set; } = "rootfs";
    public bool IsReadonly { get; set; }

    public JsonObject Resources => (JsonObject)Linux["resources"]!;

    public void AddMount(string destination, string type, string source, params IEnumerable<string> options) =>
        Mounts.Add(Mount(destination, type, source, options));

    /// <summary>An id-mapped one: the ids from 0 on are these.</summary>
    public void AddMount(string destination, string type, string source, IEnumerable<string> options, int firstId)
    {
        var mount = Mount(destination, type, source, options);
        foreach (var list in new[] { "uidMappings", "gidMappings" })
        {
            List(mount, list).Add(new JsonObject { ["containerID"] = 0, ["hostID"] = firstId, ["size"] = 65536 });
        }
        Mounts.Add(mount);
    }

    public void Shuffle(Dice dice) => Mounts = dice.Shuffled(Mounts);

    public void AddNamespace(string type) => ((JsonArray)Linux["namespaces"]!).Add(NewNamespace(type));

    public void RemoveNamespace(string type)
    {
        var list = (JsonArray)Linux["namespaces"]!;
        foreach (var item in list.Where(item => (string?)item!["type"] == type).ToList())
        {
            list.Remove(item);
        }
    }

    public bool HasMountAt(string path) => Mounts.Any(mount => (string?)mount["destination"] == path);

    public bool HasMountBelow(string path) => Mounts.Any(mount => $"/{mount["destination"]}".Replace("/link", "/data", System.StringComparison.Ordinal)
        .Replace("//", "/", System.StringComparison.Ordinal).StartsWith(path + "/", System.StringComparison.Ordinal)
        || (string?)mount["source"] is { } source && (source == World.Sources || source.EndsWith("/tree", System.StringComparison.Ordinal)));

    public bool HasNamespace(string type) => ((JsonArray)Linux["namespaces"]!).Any(item => (string?)item!["type"] == type);

    /// <summary>The list of this name, made when it is not there.</summary>
    public static JsonArray List(JsonObject owner, string name)
    {
        if (owner[name] is not JsonArray list)
        {
            owner[name] = list = [];
        }
        return list;
    }

    public static JsonObject Member(JsonObject owner, string name)
    {
        if (owner[name] is not JsonObject member)
        {
            owner[name] = member = [];
        }
        return member;
    }

    public static JsonArray Array(params IEnumerable<string> words) => new([.. words.Select(word => (JsonNode)JsonValue.Create(word))]);

    public static JsonArray Numbers(params IEnumerable<int> numbers) => new([.. numbers.Select(number => (JsonNode)JsonValue.Create(number))]);

    public override string ToString()
    {
        var document = (JsonObject)Other.DeepClone();
        document["root"] = new JsonObject { ["path"] = Rootfs, ["readonly"] = IsReadonly };
        document["process"] = Process.DeepClone();
        document["mounts"] = new JsonArray([.. Mounts.Select(mount => mount.DeepClone())]);
        document["linux"] = Linux.DeepClone();
        return document.ToJsonString(new System.Text.Json.JsonSerializerOptions { WriteIndented = true });
    }

    private static JsonArray Capabilities() => Array("CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE");

    private static JsonObject NewNamespace(string type) => new() { ["type"] = type };

    private static JsonObject Mount(string destination, string type, string source, params IEnumerable<string> options) => new()
    {
        ["destination"] = destination,
        ["type"] = type,
        ["source"] = source,
        ["options"] = Array(options),
    };
}
