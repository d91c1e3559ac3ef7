using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.Cni;
using SharpRun.Net.Plugin;

namespace SharpRun.Net.Tests;

static class Calls
{
    /// <summary>A configuration with name and version, and these members.</summary>
    public static byte[] Document(string members, string version = "1.1.0") =>
        Encoding.UTF8.GetBytes($$"""{"cniVersion":"{{version}}","name":"net","type":"bridge"{{(members.Length > 0 ? "," : "")}}{{members}}}""");

    public static NetworkConfig Config(string members, string args = "", bool isForHostLocal = false) =>
        NetworkConfig.Read(Document(members), CniArgs.Parse(args), isForHostLocal);

    public static PluginCall Call(string members, string args = "") =>
        new(new CniEnvironment { Verb = CniVerb.Add, ContainerId = "c1", IfName = "eth0", NetNs = "/run/netns/c1", Path = "/plugins", Args = args }, Document(members), Config(members, args), new RuleChanges());

    public static Func<string, string?> Variables(params string[] variables)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var variable in variables)
        {
            var equals = variable.IndexOf('=', StringComparison.Ordinal);
            map[variable[..equals]] = variable[(equals + 1)..];
        }
        return name => map.GetValueOrDefault(name);
    }
}
