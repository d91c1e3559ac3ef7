using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading;

namespace SharpRun.RandomBundles;

/// <summary>One life of a bundle with one runtime: what could be seen of it, in lines, and what the runtime said when it refused.</summary>
sealed partial class Life
{
    private readonly World _world;
    private readonly string _runtime;
    private readonly SortedSet<string> _seen = new(StringComparer.Ordinal);

    // How far it came then, and so what it has made, is its own matter.
    private bool _isRefused;

    private Life(World world, string runtime) => (_world, _runtime) = (world, runtime);

    public IReadOnlySet<string> Seen => _seen;

    /// <summary>For people; not compared.</summary>
    public string Said { get; private set; } = "";

    /// <summary>The reason of a refusal.</summary>
    public string LastWords => Said.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault(line => line.Contains("level=error",
        StringComparison.Ordinal)) ?? "";

    public static Life Of(Bundle bundle, World world, string runtime)
    {
        var life = new Life(world, runtime);
        if (Call.Of(world.Log("prepare"), "/bin/busybox", "sh", world.Tests + "/prepare.sh", world.Folder, world.Prototype, $"{bundle.RootId}") != 0)
        {
            throw new InvalidOperationException("prepare.sh: " + Call.Error(world.Log("prepare")));
        }
        HostView.RemoveCgroups(world.CgroupPath);
        var before = (File.ReadAllLines("/proc/self/mountinfo").Length, HostView.Devices(world));
        bundle.Process["args"]?.AsArray().Add(bundle.IsForeground ? "7" : "stay");
        File.WriteAllText(world.Bundle + "/config.json", bundle.ToString());
        bundle.Process["args"]?.AsArray().RemoveAt(bundle.Process["args"]!.AsArray().Count - 1);
        if (bundle.IsForeground)
        {
            life.Foreground();
        }
        else
        {
            life.Whole();
        }
        life.Afterwards(before);
        return life;
    }

    private void Foreground()
    {
        var status = Runtime("run", "run", "--bundle", _world.Bundle, World.Id);
        See($"run: ended with {status}");
        _isRefused = status != 7;
        Probe("inside", Call.Output(_world.Log("run")));
        if (status != 7)
        {
            Runtime("delete", "delete", "--force", World.Id);
        }
    }

    private void Whole()
    {
        if (!Does("create", "create", "--bundle", _world.Bundle, "--pid-file", _world.Folder + "/pid", World.Id))
        {
            _isRefused = true;
            return;
        }
        var pid = Call.Read(_world.Folder + "/pid");
        See(HostView.Namespaces(pid).Select(line => "created " + line));
        See(HostView.Cgroups(_world.CgroupPath).Select(line => "limits " + line));
        State("created");
        if (Does("start", "start", World.Id))
        {
            var ended = WaitForProbe(pid);
            Probe("inside", Call.Output(_world.Log("create")));
            Printed("create");
            if (ended)
            {
                See("inside: ended");
            }
            else
            {
                Running(pid);
            }
        }
        else
        {
            // runc's init may be dead by now, where ours waits and says later why it cannot go on.
            _seen.Clear();
            See("create: done", "start: refused");
            _isRefused = true;
        }
        Does("delete", "delete", "--force", World.Id);
    }

    private void Running(string pid)
    {
        State("running");
        See(HostView.Process(pid).Select(line => "host " + line));
        var status = Runtime("exec", "exec", World.Id, "/bin/busybox", "sh", Bundle.Probe, "5");
        See($"exec: ended with {status}");
        Probe("exec", Call.Output(_world.Log("exec")));
        Printed("exec");
        Does("kill", "kill", World.Id, "KILL");
        var watch = Stopwatch.StartNew();
        while (IsAlive(pid) && watch.ElapsedMilliseconds < 5000)
        {
            Thread.Sleep(5);
        }
        State("killed");
        Does("delete", "delete", World.Id);
    }

    // What stands in the standard error of the program: the shell's complaints. Of the foreground run it would be the runtime's, too.
    private void Printed(string call) => See(Call.Error(_world.Log(call)).Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Where(line => !line.StartsWith("time=", StringComparison.Ordinal)).Select(line => $"{call} said: {line}"));

    private bool WaitForProbe(string pid)
    {
        var watch = Stopwatch.StartNew();
        while (!Call.Output(_world.Log("create")).Contains("@end\n", StringComparison.Ordinal))
        {
            if (!IsAlive(pid))
            {
                return true;
            }
            if (watch.Elapsed.TotalSeconds > 15)
            {
                See("inside: hangs");
                return false;
            }
            Thread.Sleep(5);
        }
        // The last act is an execve.
        while (IsAlive(pid) && !Call.Read($"/proc/{pid}/cmdline").Contains("1000", StringComparison.Ordinal) && watch.Elapsed.TotalSeconds < 20)
        {
            Thread.Sleep(5);
        }
        return !IsAlive(pid);
    }

    private static bool IsAlive(string pid)
    {
        var stat = Call.Read($"/proc/{pid}/stat");
        var state = stat.Length == 0 ? 'X' : stat[stat.LastIndexOf(')') + 2];
        return state is not ('Z' or 'X');
    }

    // The output of probe.sh: sections, each with its lines.
    private void Probe(string where, string output)
    {
        var section = "";
        var lines = new List<string>();
        foreach (var line in output.Split('\n').Append("@"))
        {
            if (!line.StartsWith('@'))
            {
                lines.Add(line);
                continue;
            }
            See(Section(section, lines).Select(seen => $"{where} {section}: {seen}"));
            lines.Clear();
            section = line[1..];
        }
    }

    private IEnumerable<string> Section(string section, List<string> lines) => section switch
    {
        "mountinfo" => MountTable.Lines(lines, Call.Read("/proc/self/mountinfo")),
        // Numbers of namespaces and processes are others each time.
        "namespaces" => lines.Where(line => line.Length > 0).Select(line => line.Split(' ')).Select(words =>
            $"{words[0]} {(words.Length < 2 || words[1].Length == 0 ? "unseen" : words[1] == HostView.Link("/proc/self/ns/" + words[0]) ? "the host's" : "its own")}"),
        "status" => lines.Where(line => line.Length > 0 && !line.StartsWith("NS", StringComparison.Ordinal)).Select(line => line.Replace('\t', ' ')),
        _ => lines.Where(line => line.Length > 0).Select(line => Numbers().Replace(line, "N")),
    };

    // Process ids in a namespace that is the host's, pipes and the like.
    [GeneratedRegex(@"(?<=/proc/)\d+|(?<=:\[)\d+|(?<=^[-\w]* )\d{4,7}(?= |$)")]
    private static partial Regex Numbers();

    private void State(string when)
    {
        var status = Runtime("state", "state", World.Id);
        See($"state {when}: ends with {status}");
        if (status != 0)
        {
            return;
        }
        using var document = JsonDocument.Parse(Call.Output(_world.Log("state")));
        foreach (var member in document.RootElement.EnumerateObject())
        {
            See($"state {when}: {member.Name} " + member.Name switch
            {
                "pid" => $"{member.Value.GetInt32() > 0}",
                "created" => "",
                // Their order is nobody's.
                "annotations" => string.Join(", ", member.Value.EnumerateObject().Select(a => $"{a.Name}={a.Value}").Order(StringComparer.Ordinal)),
                _ => member.Value.ToString(),
            });
        }
    }

    private void Afterwards((int Mounts, string Devices) before)
    {
        if (Directory.GetFileSystemEntries(_world.StateRoot) is { Length: > 0 } entries)
        {
            See("left: state");
            Said += $"left: {string.Join(' ', entries)}\n";
            Runtime("delete", "delete", "--force", World.Id);
        }
        See(HostView.Cgroups(_world.CgroupPath).Where(line => line.EndsWith(": there", StringComparison.Ordinal)).Select(line => "left: cgroup " + line));
        if (File.ReadAllLines("/proc/self/mountinfo").Length != before.Mounts)
        {
            See("left: mounts");
        }
        var devices = HostView.Devices(_world);
        if (devices != before.Devices)
        {
            See("left: " + devices);
        }
        if (_isRefused)
        {
            return;
        }
        See(HostView.Lines(_world.HookLog).Select(line => "hook " + line));
        Call.Of(_world.Log("tree"), "/bin/busybox", "sh", _world.Tests + "/tree.sh", _world.Bundle + "/rootfs", _world.Sources);
        See(Call.Output(_world.Log("tree")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => "files: " + line));
    }

    private bool Does(string name, params IEnumerable<string> arguments)
    {
        var status = Runtime(name, arguments);
        See($"{name}: {(status == 0 ? "done" : status < 0 ? "hangs" : "refused")}");
        return status == 0;
    }

    private int Runtime(string name, params IEnumerable<string> arguments)
    {
        var status = Call.Of(_world.Log(name), _runtime, ["--root", _world.StateRoot, .. arguments]);
        var error = Call.Error(_world.Log(name));
        if (status != 0 && error.Length > 0 && name != "exec")
        {
            Said += $"{name}: {error.TrimEnd()}\n";
        }
        return status;
    }

    private void See(params IEnumerable<string> lines) => _seen.UnionWith(lines);
}
