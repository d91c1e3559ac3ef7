using System;
using System.Buffers.Binary;
using SharpRun.Linux;

namespace SharpRun.Parent;

/// <summary>
/// The whole conversation between the clone child and its parent, over one socket pair; a message is one byte, and a number where one is said:
///
///   child says           parent does                                     parent answers
///   (is cloned)          starts the systemd unit, where the plan has one Go
///   Born        (B)      finds init, a second clone, in the recorder     Go
///   (is cloned)          id maps, where the plan has any                 Go
///   HooksPlease (H)      prestart and createRuntime hooks                Go
///   Source      (S step) looks up a path that the child cannot reach     a descriptor, or none
///   IdMap       (M step) hears a descriptor, maps the mount's owners     Go
///   Listener    (L)      hears a descriptor, gives it to the agent       Go
///   Created     (C)      rlimits, oom score, state.json, pid file        Go
///   (end of file)        reads the recorder: failed at step n, or died   -
///
/// End of file in the child means that the parent is gone: the child ends too.
/// </summary>
sealed class Conversation
{
    public const byte HooksPlease = (byte)'H';
    public const byte Created = (byte)'C';
    public const byte Born = (byte)'B';
    public const byte Source = (byte)'S';

    /// <summary>The mount follows, as a message with a descriptor.</summary>
    public const byte IdMap = (byte)'M';

    /// <summary>The seccomp listener follows, as a message with a descriptor.</summary>
    public const byte Listener = (byte)'L';

    /// <summary>A word with its number.</summary>
    public const int NumberedLength = 5;
    private const byte Go = (byte)'G';

    public Conversation()
    {
        Sys.SocketPair(Native.SOCK_SEQPACKET, out var parent, out var child).OrThrow("make a socket pair for the container's init");
        ParentEnd = parent;
        ChildEnd = child;
    }

    public int ParentEnd { get; }

    public int ChildEnd { get; }

    /// <summary>In the child.</summary>
    public static Result Say(int childEnd, byte word, int number)
    {
        Span<byte> message = stackalloc byte[NumberedLength];
        message[0] = word;
        BinaryPrimitives.WriteInt32LittleEndian(message[1..], number);
        return Sys.Send(childEnd, message, Native.MSG_NOSIGNAL);
    }

    /// <summary>In the parent, after the clone: the child's end is the child's alone, so that its death is end of file here.</summary>
    public void CloseChildEnd() => Sys.Close(ChildEnd);

    /// <summary>Waits for the child's word, and its number where it has one; 0 when it is gone.</summary>
    public byte Hear(out int number) => Hear(out number, 0);

    /// <summary>The same of a child that clones: what it has cloned holds the same end, so that its death is no end of file.</summary>
    public byte HearUntilDead(int pidFd)
    {
        Span<PollFd> watched = [new PollFd(ParentEnd, Native.POLLIN), new PollFd(pidFd, Native.POLLIN)];
        Result ready;
        do
        {
            ready = Sys.Poll(watched, -1);
        }
        while (ready.Error == Errno.EINTR);
        ready.OrThrow("wait for the container's init");
        // A word that it said before it died is there by now.
        return Hear(out _, Native.MSG_DONTWAIT);
    }

    private byte Hear(out int number, int flags)
    {
        Span<byte> message = stackalloc byte[NumberedLength];
        var received = Sys.Recv(ParentEnd, message, flags);
        if (!received.Ok && received.Error is not (Errno.ECONNRESET or Errno.EAGAIN))
        {
            received.Error.Throw("hear the container's init");
        }
        number = received.Ok && received.Value == NumberedLength ? BinaryPrimitives.ReadInt32LittleEndian(message[1..]) : 0;
        return received.Ok && received.Value > 0 ? message[0] : (byte)0;
    }

    /// <summary>False when the child is gone.</summary>
    public bool Answer()
    {
        Span<byte> message = [Go];
        return Sys.Send(ParentEnd, message, Native.MSG_NOSIGNAL).Ok;
    }

    /// <summary>Gives the child a descriptor, or no descriptor: it waits for an answer in any case.</summary>
    public void Give(Result descriptor)
    {
        var error = descriptor.Ok ? Sys.SendDescriptor(ParentEnd, [Go], descriptor.Value) : descriptor.Error;
        if (error != Errno.OK)
        {
            Answer();
        }
        if (descriptor.Ok)
        {
            Sys.Close(descriptor.Value);
        }
    }
}
