using System;
using System.Collections;
using System.Collections.Generic;
using System.Text;
using SharpRun.Cni;
using SharpRun.Json;
using SharpRun.Linux;

namespace SharpRun.Net.Plugin;

/// <summary>A plugin that is another program, found in CNI_PATH and called as we were (CNI 1.1.0, "Plugin Delegation").</summary>
static class ForeignPlugin
{
    private const int NoLimit = -1;

    /// <summary>What it prints on stdout. Its error is thrown with its code.</summary>
    public static byte[] Run(string type, CniVerb verb, PluginCall call)
    {
        var path = Find(type, call.Environment.Path)
            ?? throw new CniError(CniCode.InvalidConfig, $"there is no plugin \"{type}\" in CNI_PATH ({call.Environment.Path})");
        var run = new ProgramRun(NetworkConfig.MaxLength);
        var program = new Executable(ZeroTerminated.Of(path), StringVector.Of([path]), null);
        var end = run.ToEnd(program, StringVector.Of(EnvironmentOf(verb, call.Environment)), call.Document, NoLimit);
        if (NetCheck.PluginCanBeRun.Fails(end.Error != Errno.OK))
        {
            throw new CniError(CniCode.Refused, $"run {path}: {end.Error.Sentence()}");
        }
        if (NetCheck.PluginEndsWell.Passes(end.IsGood))
        {
            return run.Output.ToArray();
        }
        var words = Encoding.UTF8.GetString(run.Errors.IsEmpty ? run.Output : run.Errors).Trim();
        throw CniError.Read(run.Output, $"plugin {type}")
            ?? new CniError(CniCode.Refused, $"plugin {type}: it failed {(words.Length > 0 ? $"with these words: {OneLine.Of(words)}" : "without a word")}");
    }

    /// <summary>Its path in the first of the directories that has it.</summary>
    public static string? Find(string type, string directories)
    {
        foreach (var directory in directories.Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            var path = $"{directory}/{type}";
            if (System.IO.File.Exists(path))
            {
                return path;
            }
        }
        return null;
    }

    // Ours, with the call's own variables in it: people's verbs have none of them.
    private static List<string> EnvironmentOf(CniVerb verb, CniEnvironment call)
    {
        List<string> environment = [];
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            if (variable.Key is string name && NetCheck.VariableIsNotCnis.Passes(!name.StartsWith("CNI_", StringComparison.Ordinal)))
            {
                environment.Add($"{name}={variable.Value}");
            }
        }
        environment.Add($"CNI_COMMAND={verb.ToString().ToUpperInvariant()}");
        Add("CNI_CONTAINERID", call.ContainerId);
        Add("CNI_NETNS", call.NetNs);
        Add("CNI_IFNAME", call.IfName);
        Add("CNI_ARGS", call.Args);
        Add("CNI_PATH", call.Path);
        Add("CNI_NETNS_OVERRIDE", call.MayBeOwnNetNs ? "1" : "");
        return environment;

        void Add(string name, string value)
        {
            if (value.Length > 0)
            {
                environment.Add($"{name}={value}");
            }
        }
    }
}
