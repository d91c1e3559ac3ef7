using System;
using SharpRun.Linux;
using SharpRun.Netlink;

namespace SharpRun.Net.Kernel;

/// <summary>Questions to the kernel and their answers, in the network namespace in which the socket was opened.</summary>
sealed class NetlinkSocket : IDisposable
{
    // NLMSG_ERROR, NLMSG_DONE; NLM_F_ACK_TLVS, NLMSGERR_ATTR_MSG (linux/netlink.h).
    private const int ErrorType = 2, DoneType = 3, AckAttributes = 0x200, AckMessage = 1;

    // net.core.wmem_default is 208 KiB.
    private const int DefaultRoom = 100 << 10;

    private readonly int _socket;
    private readonly byte[] _buffer = new byte[64 << 10];

    /// <summary>Of a socket that is open already.</summary>
    internal NetlinkSocket(int socket) => _socket = socket;

    /// <summary>The kernel's own words about the last refusal, empty when it had none.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>Of the request that was refused last.</summary>
    public uint RefusedSequence { get; private set; }

    public uint NextSequence { get; private set; } = 1;

    public static NetlinkSocket Open(int protocol) =>
        new(Sys.OpenNetlink(protocol).OrThrow(protocol == Native.NETLINK_ROUTE ? "open a netlink socket" : "open a netfilter socket"));

    public uint TakeSequence() => NextSequence++;

    /// <summary>Sends the messages as one datagram; reads until the acknowledgement of <paramref name="last"/> has come, or that of any which failed.
    /// Each message but the last may go without NLM_F_ACK. The first errno.</summary>
    public Errno Ask(MessageWriter messages, uint last) => Ask(messages, last, static (ushort _, ReadOnlySpan<byte> _) => { });

    /// <summary>The same; everything that is answered before the acknowledgement, or up to the end of a dump, is given to the reader: type and payload.</summary>
    public Errno Ask(MessageWriter messages, uint last, AnswerReader read)
    {
        Reason = "";
        var bytes = messages.End().Bytes;
        var first = MessageReader.FirstSequence(bytes);
        var sent = Sys.Send(_socket, bytes, 0);
        if (!sent.Ok)
        {
            return sent.Error;
        }
        while (true)
        {
            var received = Sys.Recv(_socket, _buffer, 0);
            if (!received.Ok)
            {
                return received.Error;
            }
            var reader = new MessageReader(_buffer.AsSpan(0, received.Value));
            while (reader.Next())
            {
                // The kernel goes on with a datagram behind a request that it refuses: the answers to the rest of the one before are still there.
                if (NetCheck.AnswerIsToThisQuestion.Fails(reader.Sequence < first))
                {
                    continue;
                }
                if (reader.Type == DoneType)
                {
                    return NetCheck.EndMaySayNothing.Passes(reader.Payload.Length >= 4) ? ErrorOf(reader.Payload) : Errno.OK;
                }
                if (reader.Type != ErrorType)
                {
                    read(reader.Type, reader.Payload);
                    continue;
                }
                var error = ErrorOf(reader.Payload);
                if (error != Errno.OK)
                {
                    (Reason, RefusedSequence) = (ReasonOf(reader.Flags, reader.Payload), reader.Sequence);
                }
                if (error != Errno.OK || reader.Sequence == last)
                {
                    return error;
                }
            }
            if (NetCheck.AnswerIsWhole.Fails(reader.IsBroken))
            {
                return Errno.EBADMSG;
            }
        }
    }

    /// <summary>For a datagram longer than the send buffer (EMSGSIZE).</summary>
    public void MakeRoom(int length)
    {
        if (length > DefaultRoom)
        {
            Sys.SetOption(_socket, Native.SOL_SOCKET, Native.SO_SNDBUFFORCE, length * 2);
        }
    }

    public void Dispose() => Sys.Close(_socket);

    private static Errno ErrorOf(ReadOnlySpan<byte> payload) =>
        NetCheck.ErrorHasANumber.Passes(payload.Length >= 4) ? (Errno)(-BitConverter.ToInt32(payload)) : Errno.EBADMSG;

    private static string ReasonOf(ushort flags, ReadOnlySpan<byte> payload)
    {
        // The errno, the header of what was asked (NETLINK_CAP_ACK), then attributes.
        const int before = 4 + MessageWriter.HeaderLength;
        if (NetCheck.RefusalHasAReason.Fails((flags & AckAttributes) == 0) || NetCheck.ReasonIsBehindTheHeader.Fails(payload.Length < before))
        {
            return "";
        }
        var attributes = new AttributeReader(payload[before..]);
        while (attributes.Next())
        {
            if (attributes.Type == AckMessage)
            {
                return attributes.Text;
            }
        }
        return "";
    }
}

delegate void AnswerReader(ushort type, ReadOnlySpan<byte> payload);
