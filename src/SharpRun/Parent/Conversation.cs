using System;
using SharpRun.Linux;

namespace SharpRun.Parent;

/// <summary>
/// The whole conversation between the clone child and its parent, over one socket pair; a message is one byte:
///
///   child says         parent does                                     parent answers
///   HooksPlease (H)    prestart and createRuntime hooks                Go
///   Created     (C)    rlimits, oom score, state.json, pid file        Go
///   (end of file)      reads the recorder: failed at step n, or died   -
///
/// End of file in the child means that the parent is gone: the child ends too.
/// </summary>
sealed class Conversation
{
    public const byte HooksPlease = (byte)'H';
    public const byte Created = (byte)'C';
    private const byte Go = (byte)'G';

    public Conversation()
    {
        Sys.SocketPair(Native.SOCK_SEQPACKET, out var parent, out var child).OrThrow("make a socket pair for the container's init");
        ParentEnd = parent;
        ChildEnd = child;
    }

    public int ParentEnd { get; }

    public int ChildEnd { get; }

    /// <summary>In the parent, after the clone: the child's end is the child's alone, so that its death is end of file here.</summary>
    public void CloseChildEnd() => Sys.Close(ChildEnd);

    /// <summary>Waits for the child's word; 0 when it is gone.</summary>
    public byte Hear()
    {
        Span<byte> message = stackalloc byte[1];
        var received = Sys.Recv(ParentEnd, message, 0);
        if (!received.Ok && received.Error != Errno.ECONNRESET)
        {
            received.Error.Throw("hear the container's init");
        }
        return received.Ok && received.Value == 1 ? message[0] : (byte)0;
    }

    /// <summary>False when the child is gone.</summary>
    public bool Answer()
    {
        Span<byte> message = [Go];
        return Sys.Send(ParentEnd, message, Native.MSG_NOSIGNAL).Ok;
    }
}
