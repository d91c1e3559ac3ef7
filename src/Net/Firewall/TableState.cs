using System.Collections.Generic;
using SharpRun.Linux;
using SharpRun.Net.Kernel;
using SharpRun.Netlink;

namespace SharpRun.Net.Firewall;

/// <summary>A host port that is published.</summary>
sealed record PublishedPort(string Map, NftElement Element, Tag? Tag);

/// <summary>What is in the table. Generation: of the whole ruleset when the look began.</summary>
sealed class TableState(uint generation)
{
    public uint Generation { get; } = generation;

    public bool Exists { get; private set; }

    public List<(NftRule Rule, Tag? Tag)> Rules { get; } = [];

    public List<PublishedPort> Ports { get; } = [];

    public HashSet<Tag> Tags { get; } = [];

    private readonly HashSet<string> _sets = [];

    public bool HasSet(string name) => _sets.Contains(name);

    /// <summary>With a rule in it: chains are not asked for, since an empty one may be made again.</summary>
    public bool HasChain(string name) => Rules.Exists(one => one.Rule.Chain == name);

    /// <summary>Null when this kernel has no nf_tables.</summary>
    public static TableState? Read(NetlinkSocket socket)
    {
        if (GenerationOf(socket) is not { } generation)
        {
            return null;
        }
        var state = new TableState(generation);
        var writer = new MessageWriter();
        var sequence = socket.TakeSequence();
        NftQuestion.Sets(writer, Table.Name, sequence);
        var error = socket.Ask(writer, sequence, (_, payload) => state._sets.Add(NftAnswer.SetName(payload)));
        if (NetCheck.TableMayBeMissing.Fails(error == Errno.ENOENT))
        {
            return state;
        }
        error.OrThrow($"read the sets of the table inet {Table.Name}");
        state.Exists = true;
        state.ReadRules(socket);
        foreach (var set in state._sets)
        {
            if (set.StartsWith("ports", System.StringComparison.Ordinal))
            {
                state.ReadPorts(socket, set);
            }
        }
        return state;
    }

    /// <summary>Null when this kernel has no nf_tables: EINVAL without the subsystem.</summary>
    public static uint? GenerationOf(NetlinkSocket socket)
    {
        uint generation = 0;
        var writer = new MessageWriter();
        var sequence = socket.TakeSequence();
        NftQuestion.Generation(writer, sequence);
        var error = socket.Ask(writer, sequence, (_, payload) => generation = NftAnswer.Generation(payload));
        if (NetCheck.KernelKnowsGenerations.Fails(error is Errno.EINVAL or Errno.EOPNOTSUPP))
        {
            return null;
        }
        error.OrThrow("read the firewall's generation");
        return generation;
    }

    private void ReadRules(NetlinkSocket socket)
    {
        var writer = new MessageWriter();
        var sequence = socket.TakeSequence();
        NftQuestion.Rules(writer, Table.Name, sequence);
        socket.Ask(writer, sequence, (_, payload) =>
        {
            var rule = NftAnswer.Rule(payload);
            Rules.Add((rule, TagOf(rule.Comment)));
        }).OrThrow($"read the rules of the table inet {Table.Name}");
    }

    private void ReadPorts(NetlinkSocket socket, string map)
    {
        var writer = new MessageWriter();
        var sequence = socket.TakeSequence();
        NftQuestion.Elements(writer, Table.Name, map, sequence);
        var elements = new List<NftElement>();
        var error = socket.Ask(writer, sequence, (_, payload) => NftAnswer.Elements(payload, elements));
        if (NetCheck.MapMayBeGone.Fails(error == Errno.ENOENT))
        {
            return; // it went meanwhile, which the generation tells
        }
        error.OrThrow($"read the map {map} of the table inet {Table.Name}");
        foreach (var element in elements)
        {
            Ports.Add(new PublishedPort(map, element, TagOf(element.Comment)));
        }
    }

    private Tag? TagOf(string? comment)
    {
        var tag = Tag.TryParse(comment);
        if (tag is not null)
        {
            Tags.Add(tag);
        }
        return tag;
    }
}
