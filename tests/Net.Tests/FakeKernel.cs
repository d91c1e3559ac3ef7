using System;
using SharpRun.Linux;
using SharpRun.Net.Kernel;
using SharpRun.Netlink;
using Xunit;

namespace SharpRun.Net.Tests;

/// <summary>The kernel's end of a netlink socket: answers lie in it before they are asked for, and one that is missing is EAGAIN.</summary>
sealed class FakeKernel : IDisposable
{
    private const ushort ErrorType = 2, DoneType = 3;

    private readonly int _end;

    public FakeKernel()
    {
        Assert.Equal(Errno.OK, Sys.SocketPair(Native.SOCK_SEQPACKET | Native.SOCK_NONBLOCK, out var ours, out _end));
        Socket = new NetlinkSocket(ours);
    }

    public NetlinkSocket Socket { get; }

    public void Answer(ReadOnlySpan<byte> datagram) => Assert.True(Sys.Send(_end, datagram, 0).Ok);

    public void Answer(Action<MessageWriter> write)
    {
        var writer = new MessageWriter();
        write(writer);
        Answer(writer.End().Bytes);
    }

    /// <summary>An acknowledgement when there is no error.</summary>
    public void Error(uint sequence, Errno error = Errno.OK) => Answer(writer => BeginError(writer, sequence, error));

    /// <summary>A refusal with the kernel's words; whether its header says that it has any is another question.</summary>
    public void Refusal(uint sequence, Errno error, string reason, ushort flags) =>
        Answer(writer => BeginError(writer, sequence, error, flags).Struct(new IfInfoMsg(0)).Attribute(1, reason));

    public void Done(uint sequence, Errno error = Errno.OK) => Answer(writer => writer.Begin(DoneType, 0, sequence).Bytes4(Negative(error)));

    public void Generation(uint sequence, uint generation)
    {
        Answer(writer => BeginError(writer.Begin(0xA0F, 0, sequence).Bytes4(0).BigEndian32(1, generation), sequence, Errno.OK));
    }

    public void Sets(uint sequence, params string[] names)
    {
        foreach (var name in names)
        {
            Answer(writer => writer.Begin(0xA09, 0, sequence).Bytes4(0).Attribute(2, name));
        }
        Done(sequence);
    }

    /// <summary>Rules in the chain postrouting with these comments; their handles are 1, 2, ….</summary>
    public void Rules(uint sequence, params string[] comments)
    {
        for (var i = 0; i < comments.Length; i++)
        {
            var (comment, handle) = (comments[i], (ulong)i + 1);
            Answer(writer => writer.Begin(0xA06, 0, sequence).Bytes4(0).Attribute(2, "postrouting").BigEndian64(3, handle).Attribute(7, NftAnswer.Comment(comment)));
        }
        Done(sequence);
    }

    /// <summary>The next datagram that the kernel was sent; empty when there is none.</summary>
    public byte[] Asked()
    {
        var buffer = new byte[4096];
        var received = Sys.Recv(_end, buffer, 0);
        return buffer[..(received.Ok ? received.Value : 0)];
    }

    public void Dispose()
    {
        Sys.Close(_end);
        Socket.Dispose();
    }

    private static MessageWriter BeginError(MessageWriter writer, uint sequence, Errno error, ushort flags = 0) =>
        writer.Begin(ErrorType, flags, sequence).Bytes4(Negative(error));

    private static uint Negative(Errno error) => unchecked((uint)-(int)error);
}
