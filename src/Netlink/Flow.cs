using System;
using System.Net;
using static SharpRun.Netlink.RtNetlink;

namespace SharpRun.Netlink;

/// <summary>A flow that conntrack remembers, as ctnetlink tells it (linux/netfilter/nfnetlink_conntrack.h): where its first packet was sent, and who
/// answers it in the end, which is another when the destination was translated.</summary>
public sealed record Flow(byte Protocol, IPEndPoint Destination, IPEndPoint Answerer)
{
    // NFNL_SUBSYS_CTNETLINK; IPCTNL_MSG_CT_GET, IPCTNL_MSG_CT_DELETE.
    private const int Subsystem = 1, Get = 1, Delete = 2;

    // enum ctattr_type, ctattr_tuple, ctattr_ip, ctattr_l4proto.
    private const int Origin = 1, Reply = 2, IdOfFlow = 12, Zone = 18;
    private const int TupleIp = 1, TupleProtocol = 2;
    private const int SourceV4 = 1, DestinationV4 = 2, SourceV6 = 3, DestinationV6 = 4;
    private const int Number = 1, SourcePort = 2, DestinationPort = 3;

    // struct nfgenmsg.
    private const int HeaderLength = 4;

    // What names it when it is to be forgotten: as the kernel has written it.
    private readonly byte[] _origin = [], _id = [], _zone = [];

    private Flow(in Tuple there, in Tuple back, byte[] origin, byte[] id, byte[] zone)
        : this(there.Protocol, there.Destination!, back.Source!) => (_origin, _id, _zone) = (origin, id, zone);

    /// <summary>All flows of AF_INET or AF_INET6.</summary>
    public static void Question(MessageWriter writer, byte family, uint sequence) => Begin(writer, Get, NLM_F_REQUEST | NLM_F_DUMP, family, sequence);

    /// <summary>Null when it has no addresses or no ports.</summary>
    public static Flow? From(ReadOnlySpan<byte> payload)
    {
        if (NetlinkCheck.FlowHasItsHeader.Fails(payload.Length < HeaderLength))
        {
            return null;
        }
        Tuple there = default, back = default;
        byte[] origin = [], id = [], zone = [];
        var attributes = new AttributeReader(payload[HeaderLength..]);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case Origin:
                    (there, origin) = (Tuple.From(attributes.Inside), attributes.Value.ToArray());
                    break;
                case Reply:
                    back = Tuple.From(attributes.Inside);
                    break;
                case IdOfFlow:
                    id = attributes.Value.ToArray();
                    break;
                case Zone:
                    zone = attributes.Value.ToArray();
                    break;
            }
        }
        return NetlinkCheck.FlowHasBothEnds.Passes(there.Destination is not null && back.Source is not null) ? new Flow(there, back, origin, id, zone) : null;
    }

    /// <summary>Asks the kernel to forget it. ENOENT: it has ended by itself, or another has its place.</summary>
    public void Forget(MessageWriter writer, uint sequence)
    {
        Begin(writer, Delete, NLM_F_REQUEST | NLM_F_ACK, RtNetlinkWriter.FamilyOf(Destination.Address), sequence).Nested(Origin, _origin);
        if (_id.Length > 0)
        {
            writer.Attribute(IdOfFlow, _id);
        }
        if (_zone.Length > 0)
        {
            writer.Attribute(Zone, _zone);
        }
    }

    private static MessageWriter Begin(MessageWriter writer, int message, int flags, byte family, uint sequence) =>
        writer.Begin((ushort)((Subsystem << 8) | message), (ushort)flags, sequence).Bytes4(NftQuestion.Header(family, 0));

    // One direction.
    private readonly record struct Tuple(byte Protocol, IPEndPoint? Source, IPEndPoint? Destination)
    {
        public static Tuple From(AttributeReader attributes)
        {
            byte protocol = 0;
            IPAddress? source = null, destination = null;
            ushort sourcePort = 0, destinationPort = 0;
            while (attributes.Next())
            {
                var inside = attributes.Inside;
                while (inside.Next())
                {
                    switch (attributes.Type, inside.Type)
                    {
                        case (TupleIp, SourceV4 or SourceV6):
                            source = AddressOf(inside);
                            break;
                        case (TupleIp, DestinationV4 or DestinationV6):
                            destination = AddressOf(inside);
                            break;
                        case (TupleProtocol, Number):
                            protocol = inside.Byte;
                            break;
                        case (TupleProtocol, SourcePort):
                            sourcePort = inside.BigEndian16;
                            break;
                        case (TupleProtocol, DestinationPort):
                            destinationPort = inside.BigEndian16;
                            break;
                    }
                }
            }
            return source is null || destination is null ? default
                : new Tuple(protocol, new IPEndPoint(source, sourcePort), new IPEndPoint(destination, destinationPort));
        }

        private static IPAddress? AddressOf(AttributeReader attribute) =>
            NetlinkCheck.FlowsAddressHasItsLength.Passes(attribute.Value.Length is 4 or 16) ? new IPAddress(attribute.Value) : null;
    }
}
