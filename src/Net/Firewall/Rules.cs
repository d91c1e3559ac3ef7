using System;
using System.Collections.Generic;
using SharpRun.Linux;
using SharpRun.Net.Kernel;
using SharpRun.Netlink;

namespace SharpRun.Net.Firewall;

/// <summary>The table "inet sharprun" of the caller's network namespace. Every act is one transaction: all of it happens or nothing. What is to be done is
/// decided by what was read before, and the kernel refuses the transaction when anybody has changed the ruleset meanwhile; then it is read again.</summary>
sealed class Rules : IDisposable
{
    // A refusal means that another has succeeded.
    private const int Attempts = 10000;
    private const string Act = "masquerade and publish ports";
    private const string NoTables = "this kernel has no nf_tables (CONFIG_NF_TABLES, CONFIG_NF_TABLES_INET)";

    // Null on a kernel without nfnetlink.
    private readonly NetlinkSocket? _socket;

    /// <summary>Of a socket that is open already.</summary>
    internal Rules(NetlinkSocket? socket) => _socket = socket;

    public static Rules Open()
    {
        try
        {
            return new Rules(NetlinkSocket.Open(Native.NETLINK_NETFILTER));
        }
        catch (ErrnoException error) when (error.Error == Errno.EPROTONOSUPPORT)
        {
            return new Rules(null);
        }
    }

    /// <summary>The rules of an attachment in place of those that it had. A host port that another attachment has is refused before anything is changed.</summary>
    public void Add(FirewallPlan plan) => Reapply([plan]);

    /// <summary>The rules of many attachments; those of others stay.</summary>
    public void Reapply(IEnumerable<FirewallPlan> plans)
    {
        var wanted = new List<PlanRules>();
        foreach (var plan in plans)
        {
            wanted.Add(PlanRules.Of(plan));
        }
        var addition = new Addition(wanted);
        addition.CheckAmongThemselves();
        addition.OpenLoopback();
        if (wanted.TrueForAll(static rules => rules.IsEmpty))
        {
            wanted.ForEach(rules => Remove(rules.Plan.Tag));
        }
        else if (NetCheck.KernelHasTables.Fails(!Change(addition.Write)))
        {
            throw new NetError($"{Act}: {NoTables}");
        }
        if (_socket is not null)
        {
            StaleFlows.Forget(_socket, wanted.ConvertAll(static rules => rules.Plan));
        }
    }

    /// <summary>Whatever has the tag, and the table with the last rule. Done when there is nothing.</summary>
    public void Remove(Tag tag) => Change((state, batch) => Removal.WriteWithTable(state, tag, batch));

    /// <summary>Null when all is there, else a sentence that names the first that is missing.</summary>
    public string? Check(FirewallPlan plan)
    {
        var wanted = PlanRules.Of(plan);
        string? missing = null;
        var hasTables = Change((state, _) => missing = FirewallCheck.Missing(state, wanted));
        return NetCheck.CheckedKernelHasTables.Passes(hasTables || wanted.IsEmpty) ? missing : NoTables;
    }

    /// <summary>Whose rules there are, of one network.</summary>
    public IReadOnlyList<Tag> Tags(string network)
    {
        var tags = new List<Tag>();
        Change((state, _) =>
        {
            tags.Clear();
            foreach (var tag in state.Tags)
            {
                if (NetCheck.TagIsOfTheNetwork.Passes(tag.Network == network))
                {
                    tags.Add(tag);
                }
            }
        });
        return tags;
    }

    /// <summary>Behind a removal the kernel lets the closing of the socket wait until no processor reads the old rules any more, some milliseconds. So
    /// take rules away first and dispose last: links that go meanwhile wait for the same moment.</summary>
    public void Dispose() => _socket?.Dispose();

    /// <summary>False when this kernel has no nf_tables. An empty batch is not sent; then what was read counts only when nobody wrote meanwhile.</summary>
    private bool Change(Action<TableState, NftBatch> write)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (_socket is null || TableState.Read(_socket) is not { } state)
            {
                return false;
            }
            var batch = new NftBatch(Table.Name, _socket.TakeSequence, state.Generation);
            write(state, batch);
            if (!batch.HasWork)
            {
                if (NetCheck.NobodyWroteMeanwhile.Passes(TableState.GenerationOf(_socket) == state.Generation))
                {
                    return true;
                }
                continue;
            }
            var error = Send(_socket, batch.End());
            if (error == Errno.OK)
            {
                return true;
            }
            if (NetCheck.OnlyARaceIsRepeated.Fails(error != Errno.ERESTART))
            {
                throw Refused(error, _socket.Reason);
            }
        }
        throw new NetError($"change the table inet {Table.Name}: others change the ruleset without end");
    }

    private static Errno Send(NetlinkSocket socket, NftBatch batch)
    {
        socket.MakeRoom(batch.Messages.Bytes.Length);
        return socket.Ask(batch.Messages, batch.Last);
    }

    // What a kernel does not have is ENOENT when it is a chain's type or an expression, EOPNOTSUPP or EAFNOSUPPORT when it is a family.
    private static NetError Refused(Errno error, string reason) => error switch
    {
        Errno.EOPNOTSUPP or Errno.EAFNOSUPPORT => new NetError($"{Act}: this kernel has no nf_tables of the family inet (CONFIG_NF_TABLES_INET, CONFIG_NF_TABLES_IPV6)"),
        Errno.ENOENT => new NetError($"{Act}: this kernel lacks a part of nf_tables (CONFIG_NFT_NAT, CONFIG_NFT_MASQ, CONFIG_NFT_FIB_INET, CONFIG_NFT_CT){Behind(reason)}"),
        _ => new NetError($"change the table inet {Table.Name}: {error.Sentence()}{Behind(reason)}"),
    };

    private static string Behind(string reason) => reason.Length > 0 ? $": {reason}" : "";
}
