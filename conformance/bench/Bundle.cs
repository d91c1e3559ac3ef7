using System.IO;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SharpRun.Bench;

/// <summary>One container's bundle: the shared config.json with its own cgroup, on a rootfs shared by all.</summary>
sealed class Bundle
{
    readonly string _template;
    readonly string[]? _program;
    readonly string? _seccomp;

    /// <summary>The program is /bin/true unless it is given; with docker's default seccomp profile, or with none.</summary>
    public Bundle(string work, Peer peer, int number, string rootfs = "rootfs", string[]? program = null, bool seccomp = false)
    {
        Id = $"bench-{peer.Name}-{number}";
        Directory = Path.Combine(work, "bundles", $"{Id}-{rootfs}");
        Rootfs = Path.Combine(work, rootfs);
        _template = Path.Combine(work, "config.json");
        _program = program;
        _seccomp = seccomp ? Path.Combine(work, "seccomp.json") : null;
        System.IO.Directory.CreateDirectory(Directory);
        Write();
    }

    public string Id { get; }

    public string Directory { get; }

    public string Rootfs { get; }

    public string CgroupsPath => $"{Cgroups.Parent}/{Id}";

    public void Write(long? memory = null)
    {
        JsonNode config = JsonNode.Parse(File.ReadAllText(_template))!;
        JsonNode linux = config["linux"]!;
        config["root"]!["path"] = Rootfs;
        linux["cgroupsPath"] = CgroupsPath;
        if (_program is not null)
        {
            config["process"]!["args"] = JsonSerializer.SerializeToNode(_program);
        }
        if (_seccomp is not null)
        {
            linux["seccomp"] = JsonNode.Parse(File.ReadAllText(_seccomp));
        }
        if (Cgroups.IsV2)
        {
            // `runc spec` adds it where only version 2 is mounted.
            linux["namespaces"]!.AsArray().Add(new JsonObject { ["type"] = "cgroup" });
        }
        if (memory is not null)
        {
            linux["resources"]!["memory"] = new JsonObject { ["limit"] = memory };
        }
        File.WriteAllText(Path.Combine(Directory, "config.json"), config.ToJsonString());
    }
}
