using System;
using static SharpRun.Netlink.RtNetlink;

namespace SharpRun.Netlink;

/// <summary>What nf_tables is asked about a table of family inet.</summary>
public static class NftQuestion
{
    // NFNL_SUBSYS_NFTABLES, NFPROTO_INET.
    internal const byte Subsystem = 10, Inet = 1;

    /// <summary>The number that every change of the ruleset raises. Answered by <see cref="NftAnswer.Generation"/>.</summary>
    public static void Generation(MessageWriter writer, uint sequence) => Begin(writer, 16, NLM_F_REQUEST | NLM_F_ACK, sequence);

    /// <summary>ENOENT without the table.</summary>
    public static void Sets(MessageWriter writer, string table, uint sequence) => Begin(writer, 10, NLM_F_REQUEST | NLM_F_DUMP, sequence).Attribute(1, table);

    public static void Rules(MessageWriter writer, string table, uint sequence) => Begin(writer, 7, NLM_F_REQUEST | NLM_F_DUMP, sequence).Attribute(1, table);

    public static void Elements(MessageWriter writer, string table, string set, uint sequence) =>
        Begin(writer, 13, NLM_F_REQUEST | NLM_F_DUMP, sequence).Attribute(1, table).Attribute(2, set);

    internal static ushort Type(int message) => (ushort)((Subsystem << 8) | message);

    /// <summary>struct nfgenmsg: family, version 0, and the resource in network order.</summary>
    internal static uint Header(byte family, byte resource) => BitConverter.ToUInt32([family, 0, 0, resource]);

    private static MessageWriter Begin(MessageWriter writer, int message, int flags, uint sequence) =>
        writer.Begin(Type(message), (ushort)flags, sequence).Bytes4(Header(Inet, 0));
}
