using System;
using System.Runtime.InteropServices;

namespace SharpRun.Linux;

/// <summary>Addresses of AF_UNIX (unix(7)), and descriptors as messages.</summary>
public static unsafe partial class Sys
{
    // sun_path of struct sockaddr_un, behind two bytes of family.
    private const int UnixPathRoom = 108;

    /// <summary>struct msghdr of sys/socket.h on 64-bit machines.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 56)]
    internal struct MessageHeader
    {
        [FieldOffset(16)] public nint Parts;
        [FieldOffset(24)] public nint PartCount;
        [FieldOffset(32)] public nint Control;
        [FieldOffset(40)] public nint ControlLength;
        [FieldOffset(48)] public int Flags;
    }

    /// <summary>struct cmsghdr with one descriptor as its data, up to CMSG_SPACE.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct DescriptorMessage
    {
        public nint Length;
        public int Level, Type, Descriptor, Padding;

        // CMSG_LEN(sizeof(int)).
        public const int FullLength = 20;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct IoVector
    {
        public nint Start, Length;
    }

    /// <summary>connect(2) by a path with or without its final zero; "@name" is an abstract one. A path that is too long gives ENAMETOOLONG.</summary>
    public static Errno ConnectUnix(int fd, ReadOnlySpan<byte> path) => Address(fd, path, CallNumber.connect);

    public static Errno BindUnix(int fd, ReadOnlySpan<byte> path) => Address(fd, path, CallNumber.bind);

    private static Errno Address(int fd, ReadOnlySpan<byte> path, int call)
    {
        path = path.TrimEnd((byte)0);
        if (path.Length is 0 or >= UnixPathRoom)
        {
            return path.Length == 0 ? Errno.ENOENT : Errno.ENAMETOOLONG;
        }
        var address = stackalloc byte[2 + UnixPathRoom];
        new Span<byte>(address, 2 + UnixPathRoom).Clear();
        *(ushort*)address = Native.AF_UNIX;
        path.CopyTo(new Span<byte>(address + 2, UnixPathRoom));
        var isAbstract = path[0] == (byte)'@';
        if (isAbstract)
        {
            address[2] = 0;
        }
        return Call(call, fd, (nint)address, 2 + path.Length + (isAbstract ? 0 : 1)).Error;
    }

    /// <summary>One message with one descriptor (SCM_RIGHTS).</summary>
    public static Errno SendDescriptor(int fd, ReadOnlySpan<byte> message, int descriptor)
    {
        fixed (byte* start = message)
        {
            var part = new IoVector { Start = (nint)start, Length = message.Length };
            var control = new DescriptorMessage
            {
                Length = DescriptorMessage.FullLength,
                Level = Native.SOL_SOCKET,
                Type = Native.SCM_RIGHTS,
                Descriptor = descriptor,
            };
            var header = new MessageHeader { Parts = (nint)(&part), PartCount = 1, Control = (nint)(&control), ControlLength = sizeof(DescriptorMessage) };
            return Call(CallNumber.sendmsg, fd, (nint)(&header), Native.MSG_NOSIGNAL).Error;
        }
    }

    /// <summary>The descriptor of one such message, O_CLOEXEC; EBADMSG when the message has none, and at the end of file. EMFILE when this process
    /// may have no more of them: recvmsg(2) itself says that only by leaving it out.</summary>
    public static Result ReceiveDescriptor(int fd)
    {
        var text = stackalloc byte[64];
        var part = new IoVector { Start = (nint)text, Length = 64 };
        var control = new DescriptorMessage();
        var header = new MessageHeader { Parts = (nint)(&part), PartCount = 1, Control = (nint)(&control), ControlLength = sizeof(DescriptorMessage) };
        var received = Call(CallNumber.recvmsg, fd, (nint)(&header), Native.MSG_CMSG_CLOEXEC);
        if (!received.Ok)
        {
            return received;
        }
        return control is { Length: DescriptorMessage.FullLength, Level: Native.SOL_SOCKET, Type: Native.SCM_RIGHTS }
            ? Result.Of(control.Descriptor)
            : Result.Failed((header.Flags & Native.MSG_CTRUNC) != 0 ? Errno.EMFILE : Errno.EBADMSG);
    }
}
