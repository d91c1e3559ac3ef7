using System;

namespace SharpRun.Netlink;

/// <summary>What a packet is asked (NFT_META_*, linux/netfilter/nf_tables.h).</summary>
public enum NftMeta
{
    InputName = 6, OutputName = 7, Family = 15, Protocol = 16,
}

public enum NftCompare
{
    Equal = 0, NotEqual = 1,
}

public enum NftHeader
{
    Network = 1, Transport = 2,
}

/// <summary>The body of a rule: expressions that are evaluated one after the other over registers, until one does not match. Attributes stand in the
/// order of nft, so that its bytes can be compared with these.</summary>
public sealed class NftExpressions
{
    /// <summary>Register 1 has 16 bytes, up to register 2; in four bytes each it is also 8, 9, 10, 11, and register 2 is 12, 13, ….</summary>
    public const int FirstRegister = 1, SecondRegister = 2;

    private const int Name = 1, Data = 2, ListElement = 1, Value = 1, VerdictOfData = 2;
    private const int JumpCode = -3, DropCode = 0;

    // IPS_DST_NAT (linux/netfilter/nf_conntrack_common.h), RTN_LOCAL (linux/rtnetlink.h).
    private const uint DestinationChanged = 1 << 5, LocalAddress = 2;

    private readonly MessageWriter _writer = new();

    public ReadOnlySpan<byte> Bytes => _writer.Bytes;

    /// <summary>The word of four bytes that stands <paramref name="bytes"/> behind the beginning of register 1.</summary>
    public static int Word(int bytes) => bytes % 16 == 0 ? FirstRegister + (bytes / 16) : 8 + (bytes / 4);

    public NftExpressions Meta(NftMeta key, int register = FirstRegister) =>
        Expression("meta", data => data.BigEndian32(2, (uint)key).BigEndian32(1, (uint)register));

    public NftExpressions Payload(NftHeader header, int offset, int length, int register = FirstRegister) =>
        Expression("payload", data => data.BigEndian32(1, (uint)register).BigEndian32(2, (uint)header).BigEndian32(3, (uint)offset).BigEndian32(4, (uint)length));

    /// <summary>Register 1 against a constant.</summary>
    public NftExpressions Compare(NftCompare operation, ReadOnlySpan<byte> value)
    {
        var bytes = value.ToArray();
        return Expression("cmp", data => data.BigEndian32(1, FirstRegister).BigEndian32(2, (uint)operation).Nest(3, inside => inside.Attribute(Value, bytes)));
    }

    /// <summary>Only these bits of register 1 stay.</summary>
    public NftExpressions Mask(ReadOnlySpan<byte> mask)
    {
        var bytes = mask.ToArray();
        return Expression("bitwise", data => data.BigEndian32(1, FirstRegister).BigEndian32(2, FirstRegister).BigEndian32(3, (uint)bytes.Length)
            .Nest(4, inside => inside.Attribute(Value, bytes)).Nest(5, inside => inside.Attribute(Value, new byte[bytes.Length])));
    }

    /// <summary>Is register 1 in the set?</summary>
    public NftExpressions IsIn(string set) => Expression("lookup", data => data.BigEndian32(2, FirstRegister).Attribute(1, set));

    /// <summary>Register 1 becomes what the map says of it.</summary>
    public NftExpressions Map(string map) => Expression("lookup", data => data.BigEndian32(2, FirstRegister).BigEndian32(3, FirstRegister).Attribute(1, map));

    /// <summary>Is the destination an address of this host (NFT_FIB_RESULT_ADDRTYPE of the destination)?</summary>
    public NftExpressions ToThisHost() => Expression("fib", data => data.BigEndian32(3, 2).BigEndian32(2, 3).BigEndian32(1, FirstRegister)).Native32(LocalAddress);

    /// <summary>Has the connection another destination than the one it was begun with?</summary>
    public NftExpressions DestinationWasChanged() => Expression("ct", data => data.BigEndian32(2, 2).BigEndian32(1, FirstRegister))
        .Mask(BitConverter.GetBytes(DestinationChanged)).Compare(NftCompare.NotEqual, new byte[4]);

    /// <summary>The connection goes to the address at the beginning of register 1 and the port behind it.</summary>
    public NftExpressions DestinationNat(int family, int portRegister) => Expression("nat",
        data => data.BigEndian32(1, 1).BigEndian32(2, (uint)family).BigEndian32(3, FirstRegister).BigEndian32(5, (uint)portRegister));

    public NftExpressions Masquerade() => Expression("masq", static _ => { });

    public NftExpressions Drop() => Verdict(verdict => verdict.BigEndian32(1, DropCode));

    public NftExpressions Jump(string chain) => Verdict(verdict => verdict.BigEndian32(1, unchecked((uint)JumpCode)).Attribute(2, chain));

    // Numbers in the order of the machine, as meta, ct and fib leave them.
    private NftExpressions Native32(uint value) => Compare(NftCompare.Equal, BitConverter.GetBytes(value));

    private NftExpressions Verdict(Action<MessageWriter> verdict) =>
        Expression("immediate", data => data.BigEndian32(1, 0).Nest(2, inside => inside.Nest(VerdictOfData, verdict)));

    private NftExpressions Expression(string name, Action<MessageWriter> data)
    {
        _writer.Nest(ListElement, element => element.Attribute(Name, name).Nest(Data, data));
        return this;
    }
}
