using System;
using System.Collections.Generic;
using SharpRun.Linux;
using SharpRun.Net.Kernel;

namespace SharpRun.Net.Firewall;

/// <summary>The table "inet sharprun" of the caller's network namespace. Every act is one transaction: all of it happens or nothing.</summary>
sealed class Rules : IDisposable
{
    private readonly NetlinkSocket _socket;

    private Rules(NetlinkSocket socket) => _socket = socket;

    public static Rules Open() => new(NetlinkSocket.Open(Native.NETLINK_NETFILTER));

    /// <summary>The rules of an attachment in place of those that it had. A host port that another attachment has is refused before anything is changed.</summary>
    public void Add(FirewallPlan plan) => Reapply([plan]);

    /// <summary>The rules of many attachments; those of others stay.</summary>
    public void Reapply(IEnumerable<FirewallPlan> plans) => throw new NotSupportedException();

    /// <summary>Whatever has the tag, and the table with the last rule. Done when there is nothing.</summary>
    public void Remove(Tag tag) => throw new NotSupportedException();

    /// <summary>Null when all is there, else a sentence that names the first that is missing.</summary>
    public string? Check(FirewallPlan plan) => throw new NotSupportedException();

    /// <summary>Whose rules there are, of one network.</summary>
    public IReadOnlyList<Tag> Tags(string network) => throw new NotSupportedException();

    public void Dispose() => _socket.Dispose();
}
