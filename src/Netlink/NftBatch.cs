using System;
using static SharpRun.Netlink.RtNetlink;

namespace SharpRun.Netlink;

/// <summary>NF_INET_* (linux/netfilter.h).</summary>
public enum NftHook
{
    Prerouting = 0, Output = 3, Postrouting = 4,
}

/// <summary>A set, or a map when it has data. The types are nft's own numbers, by which it prints; a concatenation has six bits for each of its fields.</summary>
public sealed record NftSet(string Name, uint KeyType, int KeyLength, uint DataType = 0, int DataLength = 0)
{
    /// <summary>nft's datatypes (its datatype.h).</summary>
    public const uint Address = 7, Address6 = 8, Protocol = 12, Port = 13, InterfaceName = 41;

    public static uint Concatenation(params ReadOnlySpan<uint> types)
    {
        var type = 0u;
        foreach (var field in types)
        {
            type = (type << 6) | field;
        }
        return type;
    }
}

/// <summary>One transaction over one table of family inet: between a begin and an end all is done, or nothing (linux/netfilter/nfnetlink.h). It is refused
/// (ERESTART) when the generation of the ruleset is not the one that was looked at.</summary>
public sealed class NftBatch
{
    private const ushort BeginType = 0x10, EndType = 0x11;
    private const int ListElement = 1, Value = 1, MapFlag = 8;

    private readonly string _table;
    private readonly Func<uint> _sequence;

    public NftBatch(string table, Func<uint> sequence, uint generation)
    {
        (_table, _sequence) = (table, sequence);
        Messages.Begin(BeginType, NLM_F_REQUEST, sequence()).Bytes4(NftQuestion.Header(0, NftQuestion.Subsystem)).BigEndian32(1, generation);
    }

    public MessageWriter Messages { get; } = new();

    /// <summary>The sequence number that is acknowledged when all is done.</summary>
    public uint Last { get; private set; }

    /// <summary>There is something to do.</summary>
    public bool HasWork => Last != 0;

    public void AddTable() => Begin(0, NLM_F_CREATE).Attribute(1, _table).BigEndian32(2, 0);

    /// <summary>Deletes all that is in it, too.</summary>
    public void DeleteTable() => Begin(2, 0).Attribute(1, _table);

    public void AddChain(string name) => Begin(3, NLM_F_CREATE).Attribute(1, _table).Attribute(3, name);

    public void AddBaseChain(string name, string type, NftHook hook, int priority) => Begin(3, NLM_F_CREATE).Attribute(1, _table).Attribute(3, name).Attribute(7, type)
        .Nest(4, inside => inside.BigEndian32(1, (uint)hook).BigEndian32(2, unchecked((uint)priority)));

    public void AddSet(NftSet set)
    {
        var writer = Begin(9, NLM_F_CREATE).Attribute(1, _table).Attribute(2, set.Name).BigEndian32(3, set.DataLength > 0 ? MapFlag : 0u)
            .BigEndian32(4, set.KeyType).BigEndian32(5, (uint)set.KeyLength);
        if (set.DataLength > 0)
        {
            writer.BigEndian32(6, set.DataType).BigEndian32(7, (uint)set.DataLength);
        }
        // A number among the sets of this transaction: nothing here names a set by it, but the kernel wants one.
        writer.BigEndian32(10, Last);
        if (set.KeyType == NftSet.InterfaceName)
        {
            // nft prints names only when it is told that their bytes are in the machine's order (NFTNL_UDATA_SET_KEYBYTEORDER).
            writer.Attribute(13, [0, 4, .. BitConverter.GetBytes(1)]);
        }
    }

    /// <summary>EEXIST when the key is there already.</summary>
    public void AddOwnElement(string set, byte[] key, byte[] data, byte[] userData) =>
        Element(Begin(12, NLM_F_CREATE | NLM_F_EXCL), set, element => Data(Data(element, 1, key), 2, data).Attribute(6, userData));

    /// <summary>It may be there already.</summary>
    public void AddElement(string set, byte[] key) => Element(Begin(12, NLM_F_CREATE), set, element => Data(element, 1, key));

    public void DeleteElement(string set, byte[] key) => Element(Begin(14, 0), set, element => Data(element, 1, key));

    /// <summary>At the chain's end.</summary>
    public void AddRule(string chain, ReadOnlySpan<byte> expressions, ReadOnlySpan<byte> userData)
    {
        var writer = Begin(6, NLM_F_CREATE | NLM_F_APPEND).Attribute(1, _table).Attribute(2, chain).Nested(4, expressions);
        if (!userData.IsEmpty)
        {
            writer.Attribute(7, userData);
        }
    }

    public void DeleteRule(string chain, ulong handle) => Begin(8, 0).Attribute(1, _table).Attribute(2, chain).BigEndian64(3, handle);

    /// <summary>To be called once. Only the last message is acknowledged, and the end itself is not before kernel 6.10.</summary>
    public NftBatch End()
    {
        Messages.AddFlags(NLM_F_ACK).Begin(EndType, NLM_F_REQUEST, _sequence()).Bytes4(NftQuestion.Header(0, NftQuestion.Subsystem)).End();
        return this;
    }

    private static MessageWriter Data(MessageWriter writer, int type, byte[] value) => writer.Nest(type, inside => inside.Attribute(Value, value));

    private void Element(MessageWriter writer, string set, Action<MessageWriter> element) =>
        writer.Attribute(1, _table).Attribute(2, set).Nest(3, list => list.Nest(ListElement, element));

    private MessageWriter Begin(int message, ushort flags)
    {
        Last = _sequence();
        return Messages.Begin(NftQuestion.Type(message), (ushort)(NLM_F_REQUEST | flags), Last).Bytes4(NftQuestion.Header(NftQuestion.Inet, 0));
    }
}
