using System;
using System.Collections.Generic;
using SharpRun.Linux;
using SharpRun.Netlink;
using static SharpRun.Netlink.RtNetlink;

namespace SharpRun.Net.Kernel;

/// <summary>Requests of rtnetlink(7) to one network namespace. Many go in one datagram, which the kernel answers before the call comes back: a
/// kill -9 falls before all of them or behind them.</summary>
sealed class RouteSocket : IDisposable
{
    private readonly NetlinkSocket _socket;
    private readonly MessageWriter _messages = new();
    private readonly List<string> _acts = [];
    private uint _first;

    public RouteSocket(NetlinkSocket socket) => _socket = socket;

    /// <summary>In the namespace of the thread.</summary>
    public static RouteSocket Open() => new(NetlinkSocket.Open(Native.NETLINK_ROUTE));

    /// <summary>Begins a request; the act names it in a sentence about its refusal.</summary>
    public MessageWriter Begin(string act, ushort type, int flags = 0)
    {
        var sequence = _socket.TakeSequence();
        if (_acts.Count == 0)
        {
            _first = sequence;
        }
        _acts.Add(act);
        return _messages.Begin(type, (ushort)(NLM_F_REQUEST | flags), sequence);
    }

    /// <summary>Sends what was begun, if anything was. The first refusal, which does not keep the kernel from the requests behind it.</summary>
    public Refusal? Send(AnswerReader? read = null)
    {
        if (_acts.Count == 0)
        {
            return null;
        }
        // One acknowledgement, whatever the last request is.
        var last = _socket.TakeSequence();
        _messages.Begin(NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK, last);
        var error = _socket.Ask(_messages, last, read ?? (static (_, _) => { }));
        var refusal = error == Errno.OK ? null : new Refusal(ActOf(_socket.RefusedSequence), error, _socket.Reason);
        _messages.Clear();
        _acts.Clear();
        return refusal;
    }

    public void SendOrThrow(AnswerReader? read = null) => Send(read)?.Throw();

    /// <summary>A link by name or by index; null when there is none.</summary>
    public Link? FindLink(string name, int index = 0)
    {
        Link? found = null;
        Begin($"look at the interface {(name.Length > 0 ? name : $"with the index {index}")}", RTM_GETLINK).LinkQuestion(name, index);
        var refusal = Send((type, payload) => found = type == RTM_NEWLINK ? Link.From(payload) : found);
        if (NetCheck.LinkIsOnlyMissing.Fails(refusal is { Error: not Errno.ENODEV }))
        {
            refusal!.Throw();
        }
        return found;
    }

    /// <summary>Asks for a list: the request is written by the caller behind <see cref="NLM_F_DUMP"/>.</summary>
    public void Dump(string act, ushort type, Action<MessageWriter> request, AnswerReader read)
    {
        var sequence = _socket.TakeSequence();
        request(_messages.Begin(type, NLM_F_REQUEST | NLM_F_DUMP, sequence));
        var error = _socket.Ask(_messages, sequence, read);
        _messages.Clear();
        if (NetCheck.ListIsWhole.Fails(error != Errno.OK))
        {
            new Refusal(act, error, _socket.Reason).Throw();
        }
    }

    /// <summary>The addresses of a link; AF_UNSPEC: of both families.</summary>
    public List<LinkAddress> AddressesOf(Link link, byte family) =>
        Addresses($"list the addresses of {link.Name}", family, link.Index).FindAll(address => NetCheck.AddressIsTheLinks.Passes(address.Index == link.Index));

    /// <summary>The addresses of all links.</summary>
    public List<LinkAddress> AllAddresses(byte family) => Addresses("list the addresses of all interfaces", family, 0);

    public void Dispose() => _socket.Dispose();

    // Older kernels do not filter by the index that was asked for.
    private List<LinkAddress> Addresses(string act, byte family, int index)
    {
        var addresses = new List<LinkAddress>();
        Dump(act, RTM_GETADDR, request => request.AddressQuestion(family, index), (type, payload) =>
        {
            if (type == RTM_NEWADDR && LinkAddress.From(payload) is { } address)
            {
                addresses.Add(address);
            }
        });
        return addresses;
    }

    private string ActOf(uint sequence) => NetCheck.ActIsKnown.Passes(sequence - _first < (uint)_acts.Count) ? _acts[(int)(sequence - _first)] : "ask the kernel about links";
}

/// <summary>What the kernel did not do, and why; Reason is in its own words, mostly empty.</summary>
sealed record Refusal(string Act, Errno Error, string Reason)
{
    public void Throw() => throw new NetError(Reason.Length > 0 ? $"{Act}: {Error.Sentence()}: {Reason}" : $"{Act}: {Error.Sentence()}");
}
