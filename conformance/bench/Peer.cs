using System;
using System.IO;

namespace SharpRun.Bench;

/// <summary>A program under measurement and the words by which it is called.</summary>
sealed class Peer(string name, string path, string work)
{
    /// <summary>The C program that only makes the kernel calls; it knows `run`, `exec` and `--version`.</summary>
    public const string FloorName = "floor";

    public string Name => name;

    public bool IsFloor => name == FloorName;

    /// <summary>A state directory of its own, so that no peer sees another's containers.</summary>
    string Root => Path.Combine(work, "state", name);

    public string[] Version => [path, "--version"];

    public string[] List => [path, "--root", Root, "list"];

    public static Peer Parse(string word, string work)
    {
        int equals = word.IndexOf('=', StringComparison.Ordinal);
        if (equals < 1)
        {
            throw new BenchError($"a peer is NAME=PATH, not \"{word}\"");
        }
        string path = Path.GetFullPath(word[(equals + 1)..]);
        if (!File.Exists(path))
        {
            throw new BenchError($"peer {word[..equals]}: no such program: {path}");
        }
        return new Peer(word[..equals], path, work);
    }

    public string[] Run(Bundle bundle, long? memory = null) => IsFloor
        ? memory is null
            ? [path, bundle.Rootfs, bundle.CgroupsPath, "run"]
            : [path, bundle.Rootfs, bundle.CgroupsPath, "run", $"{memory}"]
        : [path, "--root", Root, "run", "--bundle", bundle.Directory, bundle.Id];

    /// <summary>In a container that this peer has made; for the floor, in any.</summary>
    public string[] Exec(Bundle bundle, int init) => IsFloor
        ? [path, bundle.Rootfs, bundle.CgroupsPath, "exec", $"{init}"]
        : [path, "--root", Root, "exec", bundle.Id, "/bin/true"];

    public string[] Create(Bundle bundle) => [path, "--root", Root, "create", "--bundle", bundle.Directory, bundle.Id];

    public string[] Start(Bundle bundle) => [path, "--root", Root, "start", bundle.Id];

    public string[] State(Bundle bundle) => [path, "--root", Root, "state", bundle.Id];

    public string[] Delete(Bundle bundle) => [path, "--root", Root, "delete", bundle.Id];

    public string[] DeleteForced(Bundle bundle) => [path, "--root", Root, "delete", "--force", bundle.Id];
}
