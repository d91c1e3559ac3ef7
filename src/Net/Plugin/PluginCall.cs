using System;
using System.Collections.Generic;
using SharpRun.Cni;

namespace SharpRun.Net.Plugin;

/// <summary>One call of a plugin, all of it read and checked.</summary>
sealed record PluginCall(CniEnvironment Environment, byte[] Document, NetworkConfig Config, RuleChanges Changes)
{
    public string ContainerId => Environment.ContainerId;

    public string IfName => Environment.IfName;

    public string NetNs => Environment.NetNs;

    /// <summary>DEL does not look at what was asked for the container: a wish that ADD has refused must not keep the container's end from coming.</summary>
    public static PluginCall Read(CniEnvironment environment, byte[] document, string? calledAs, RuleChanges changes)
    {
        var isWished = NetCheck.OnlyAddReadsWishes.Passes(environment.Verb is CniVerb.Add or CniVerb.Check);
        var isForHostLocal = calledAs == PluginNames.HostLocal;
        // Only bridge and host-local look into CNI_ARGS: the others get the same, with keys that are not theirs.
        var args = calledAs is PluginNames.Loopback or PluginNames.Portmap || !isWished ? CniArgs.None : CniArgs.Parse(environment.Args);
        return new PluginCall(environment, document, NetworkConfig.Read(document, args, isForHostLocal, isWished), changes);
    }

    /// <summary>The result that CHECK and chained plugins need.</summary>
    public CniResult RequirePrevResult() =>
        NetCheck.ResultIsGiven.Fails(Config.PrevResult is null)
            ? throw new CniError(CniCode.InvalidConfig, "network configuration: prevResult: the member is missing") : Config.PrevResult!;

    public IReadOnlyList<Attachment> RequireValidAttachments() =>
        NetCheck.ValidOnesAreGiven.Fails(Config.ValidAttachments is null)
            ? throw new CniError(CniCode.InvalidConfig, "network configuration: cni.dev/valid-attachments: the member is missing; without it all attachments would be removed")
            : Config.ValidAttachments!;
}

static class PluginNames
{
    public const string Bridge = "bridge", HostLocal = "host-local", Portmap = "portmap", Loopback = "loopback";

    public static bool IsOurs(string name) => name is Bridge or HostLocal or Portmap or Loopback;
}
