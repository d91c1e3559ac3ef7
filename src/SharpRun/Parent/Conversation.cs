using System;
using System.Buffers.Binary;
using SharpRun.Linux;

namespace SharpRun.Parent;

/// <summary>
/// The whole conversation between the clone child and its parent, over one socket pair; a message is one byte, and a number where one is said:
///
///   child says       parent does                                     parent answers
///   Born     (B pid) knows init: a second clone, of the first        -
///   (is cloned)      id maps, where the plan has any                 Go
///   Created  (C)     rlimits, oom score, state.json, pid file        Go
///   (end of file)    reads the recorder: failed at step n, or died   -
///
/// End of file in the child means that the parent is gone: the child ends too.
/// </summary>
sealed class Conversation
{
    public const byte Created = (byte)'C';
    public const int BornLength = 5;
    private const byte BornWord = (byte)'B';
    private const byte Go = (byte)'G';

    public Conversation()
    {
        Sys.SocketPair(Native.SOCK_SEQPACKET, out var parent, out var child).OrThrow("make a socket pair for the container's init");
        ParentEnd = parent;
        ChildEnd = child;
    }

    public int ParentEnd { get; }

    public int ChildEnd { get; }

    /// <summary>The child's word for a second clone, which is the parent's own child (CLONE_PARENT).</summary>
    public static void Born(Span<byte> message, int pid)
    {
        message[0] = BornWord;
        BinaryPrimitives.WriteInt32LittleEndian(message[1..], pid);
    }

    /// <summary>In the parent, after the clone: the child's end is the child's alone, so that its death is end of file here.</summary>
    public void CloseChildEnd() => Sys.Close(ChildEnd);

    /// <summary>Waits for the pid of the second clone; 0 when the child is gone.</summary>
    public int AwaitBorn()
    {
        Span<byte> message = stackalloc byte[BornLength];
        return Hear(message) == BornLength && message[0] == BornWord ? BinaryPrimitives.ReadInt32LittleEndian(message[1..]) : 0;
    }

    /// <summary>Waits for the child's word; false when it is gone.</summary>
    public bool IsCreated()
    {
        Span<byte> message = stackalloc byte[1];
        return Hear(message) == 1 && message[0] == Created;
    }

    /// <summary>False when the child is gone.</summary>
    public bool Answer()
    {
        Span<byte> message = [Go];
        return Sys.Send(ParentEnd, message, Native.MSG_NOSIGNAL).Ok;
    }

    private int Hear(Span<byte> message)
    {
        var received = Sys.Recv(ParentEnd, message, 0);
        if (!received.Ok && received.Error != Errno.ECONNRESET)
        {
            received.Error.Throw("hear the container's init");
        }
        return received.Ok ? received.Value : 0;
    }
}
