using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net;
using System.Text;
using SharpRun.Cni;
using SharpRun.Linux;
using SharpRun.Net.Leases;

namespace SharpRun.Net.Tests.Leases;

/// <summary>A dataDir of its own, with our host-local and Debian's at work in it.</summary>
sealed class LeaseRoom : IDisposable
{
    public const string Network = "n", Reference = "/usr/lib/cni/host-local";

    private readonly string _ranges;

    /// <param name="subnets">One set for each; the ranges of a set have a comma between them.</param>
    public LeaseRoom(params string[] subnets) =>
        _ranges = string.Join(',', subnets.Select(set => $"[{string.Join(',', set.Split(',').Select(subnet => $"{{\"subnet\":\"{subnet}\"}}"))}]"));

    public string DataDirectory { get; } = Directory.CreateTempSubdirectory("sharprun-leases-").FullName;

    public string Leases => Path.Combine(DataDirectory, Network);

    public string this[string name] => Path.Combine(Leases, name);

    public string Text(params string[] ips)
    {
        var wanted = ips.Length == 0 ? "" : $",\"args\":{{\"cni\":{{\"ips\":[{string.Join(',', ips.Select(ip => $"\"{ip}\""))}]}}}}";
        return $"{{\"cniVersion\":\"1.0.0\",\"name\":\"{Network}\",\"type\":\"x\",\"ipam\":{{\"type\":\"host-local\",\"dataDir\":\"{DataDirectory}\",\"ranges\":[{_ranges}]}}{wanted}}}";
    }

    public IpamConfig Ipam(params string[] ips) => NetworkConfig.Read(Encoding.UTF8.GetBytes(Text(ips)), CniArgs.None).Ipam!;

    public string Add(string id, string? netNs = null, params string[] ips) =>
        string.Join(' ', HostLocal.Add(Ipam(ips), Network, new LeaseOwner(id, "eth0", netNs)).Ips.Select(ip => ip.Address.Address));

    public string Refusal(string id, params string[] ips)
    {
        try
        {
            return "leased " + Add(id, null, ips);
        }
        catch (CniError error)
        {
            return error.Message;
        }
    }

    public void Remove(string id) => HostLocal.Remove(Ipam(), Network, id, "eth0");

    /// <summary>The addresses, or the sentence.</summary>
    public string RunReference(string command, string id, params string[] ips)
    {
        var start = new ProcessStartInfo(Reference) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (name, value) in new[] { ("COMMAND", command), ("CONTAINERID", id), ("NETNS", "/proc/self/ns/net"), ("IFNAME", "eth0"), ("PATH", "/usr/lib/cni") })
        {
            start.Environment["CNI_" + name] = value;
        }
        using var process = Process.Start(start)!;
        process.StandardInput.Write(Text(ips));
        process.StandardInput.Close();
        var answer = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (answer.Length == 0)
        {
            return "";
        }
        using var json = System.Text.Json.JsonDocument.Parse(answer);
        return process.ExitCode != 0
            ? json.RootElement.GetProperty("msg").GetString()!
            : string.Join(' ', json.RootElement.GetProperty("ips").EnumerateArray().Select(ip => ip.GetProperty("address").GetString()!.Split('/')[0]));
    }

    /// <summary>Name and content of what host-local knows, a line each.</summary>
    public string Files() => string.Join('\n', Directory.GetFiles(Leases).Where(path => Path.GetFileName(path)[0] != '.').Order(StringComparer.Ordinal)
        .Select(path => $"{Path.GetFileName(path)} {File.ReadAllText(path).Replace("\r\n", "\\r\\n", StringComparison.Ordinal)} {ModeOf(path):x}"));

    private static uint ModeOf(string path) => Sys.Stat(Native.AT_FDCWD, ZeroTerminated.Of(path), 0, out var status) == Errno.OK ? status.Mode : 0;

    /// <summary>All names, ours too.</summary>
    public string Names() => string.Join(' ', Directory.GetFileSystemEntries(Leases).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal));

    public void Dispose() => Directory.Delete(DataDirectory, recursive: true);
}
