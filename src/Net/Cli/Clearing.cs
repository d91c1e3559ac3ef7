using System;
using System.Collections.Generic;
using System.Linq;
using SharpRun.Cni;
using SharpRun.CommandLine;
using SharpRun.Linux;
using SharpRun.Net.Attachments;
using SharpRun.Net.Firewall;
using SharpRun.Net.Plugin;

namespace SharpRun.Net.Cli;

/// <summary>After accidents: what is left over goes, what is missing comes back.</summary>
static class Clearing
{
    public static Command CollectGarbage { get; } = new("gc", "", "take away what killed calls and dead namespaces have left, and print it", [], ActCollect) { LeastWords = 0, MostWords = 0 };

    public static Command Reload { get; } = new("reload", "", "put the firewall's rules back after a flush", [], ActReload) { LeastWords = 0, MostWords = 0 };

    private static int ActCollect(Arguments arguments, Options options)
    {
        var gone = new List<AttachmentRecord>();
        var acts = new List<Action>();
        foreach (var name in NetworkDirectory.Networks(options.Root))
        {
            acts.Add(() => Collect(options, name, gone));
        }
        try
        {
            Each.Try([.. acts]);
        }
        finally
        {
            Answers.Write(options, gone.Select(record => $"{record.Network.Name} {record.NetNs}"), json => Answers.WriteAttachments(json, gone));
        }
        return 0;
    }

    private static void Collect(Options options, string name, List<AttachmentRecord> gone)
    {
        using var network = NetworkDirectory.Open(options.Root, name, makes: false);
        if (network is null)
        {
            return;
        }
        var acts = new List<Action>();
        foreach (var record in network.Records.FindAll(record => NetCheck.LivingAttachmentStays.Passes(Attacher.IsDead(record))))
        {
            acts.Add(() =>
            {
                Attacher.Down(network, record);
                gone.Add(record);
            });
        }
        foreach (var broken in network.Broken)
        {
            acts.Add(() => network.RemoveFile(broken).OrThrow($"remove {network.Path}/{broken}"));
        }
        acts.Add(() => CollectBuiltIn(network, options));
        Each.Try([.. acts]);
    }

    // Networks of the administrator have other users, whose attachments we do not know; to the built-in one nobody else attaches.
    private static void CollectBuiltIn(NetworkDirectory network, Options options)
    {
        var known = NetworkFolder.ReadAll(options.ConfigDirectory, _ => { }).Find(one => one.Name == network.Network);
        if (known is null || NetCheck.NetworkIsOursAlone.Fails(!known.IsBuiltIn))
        {
            return;
        }
        PluginChain.Collect(known, network.Records.ConvertAll(record => new Attachment(record.ContainerId, record.IfName)), Words.DefaultCniPath);
        if (network.Records.Count == 0)
        {
            UnusedBridge.Remove(KnownNetwork.BuiltInBridge);
        }
    }

    private static int ActReload(Arguments arguments, Options options)
    {
        var records = new List<AttachmentRecord>();
        var plans = new List<FirewallPlan>();
        // The locks stay until the rules are there: whoever is taken down meanwhile must not get them back.
        var networks = NetworkDirectory.Networks(options.Root).ConvertAll(name => NetworkDirectory.Open(options.Root, name, makes: false));
        try
        {
            foreach (var record in networks.SelectMany(network => network?.Records ?? []).Where(record => NetCheck.DeadGetNoRules.Passes(!Attacher.IsDead(record))))
            {
                var rules = SavedRules.Of(record);
                plans.AddRange(rules);
                if (rules.Count > 0)
                {
                    records.Add(record);
                }
            }
            if (plans.Count > 0)
            {
                using var rules = Rules.Open();
                rules.Reapply(plans);
            }
        }
        finally
        {
            networks.ForEach(network => network?.Dispose());
        }
        Answers.Write(options, records.Select(record => $"{record.Network.Name} {record.NetNs}"), json => Answers.WriteAttachments(json, records));
        return 0;
    }
}
