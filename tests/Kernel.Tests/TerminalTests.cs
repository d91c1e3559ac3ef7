using System;
using SharpRun.Linux;
using static SharpRun.KernelTests.Text;

namespace SharpRun.KernelTests;

static class TerminalTests
{
    public static readonly Test[] All =
    [
        new("a terminal's slave comes from its master", Peer, Native.CLONE_NEWNS),
        new("a terminal has a size", Size, Native.CLONE_NEWNS),
        new("raw modes hand every byte on", Raw, Native.CLONE_NEWNS),
        new("what is no terminal says so", NoTerminal),
        new("a terminal becomes the session's", Controlling, Native.CLONE_NEWNS),
        new("a descriptor goes over a socket, close-on-exec", Descriptor),
        new("a message without a descriptor is refused", NoDescriptor),
        new("a descriptor that is one too many is told from none", NoRoomForDescriptor),
        new("sockets have names, also abstract ones", Names, Native.CLONE_NEWNS),
    ];

    // A devpts of its own, so that no other terminal is in the way.
    private static int Master()
    {
        Check.Ok(Sys.Mount("devpts"u8, "/dev/pts"u8, "devpts"u8, 0, "newinstance,ptmxmode=0666"u8));
        return Check.Value(Sys.Open(Native.AT_FDCWD, "/dev/pts/ptmx"u8, Native.O_RDWR | Native.O_NOCTTY));
    }

    private static void Peer()
    {
        var master = Master();
        var slave = Check.Value(Sys.OpenTerminalPeer(master));
        Check.Equal(Native.FD_CLOEXEC, Check.Value(Sys.Fcntl(slave, Native.F_GETFD)));
        Check.Ok(Sys.Stat(slave, default, Native.AT_EMPTY_PATH, out var status));
        Check.Equal((136u, 0u), (status.RdevMajor, status.RdevMinor));
        Check.Ok(Sys.WriteAll(slave, "out"u8));
        var buffer = new byte[16];
        Check.Equal(3, Check.Value(Sys.Read(master, buffer)));
        Check.Equal("out", Of(buffer.AsSpan(0, 3)));
    }

    private static void Size()
    {
        var master = Master();
        var slave = Check.Value(Sys.OpenTerminalPeer(master));
        Check.Ok(Sys.SetWindowSize(master, new WindowSize { Rows = 10, Columns = 110 }));
        Check.Ok(Sys.GetWindowSize(slave, out var size));
        Check.Equal((10, 110), (size.Rows, size.Columns));
    }

    private static void Raw()
    {
        var master = Master();
        var slave = Check.Value(Sys.OpenTerminalPeer(master));
        Check.Ok(Sys.GetTerminalModes(slave, out var modes));
        Check.Equal(4, modes.EndOfFile);
        Check.Ok(Sys.SetTerminalModes(slave, modes.Raw()));
        Check.Ok(Sys.WriteAll(master, "\x03\x04\r"u8));
        var buffer = new byte[16];
        Check.Equal(3, Check.Value(Sys.Read(slave, buffer)));
        Check.Equal("\x03\x04\r", Of(buffer.AsSpan(0, 3)));
        Check.Ok(Sys.WriteAll(slave, "\n"u8));
        Check.Equal(2, Check.Value(Sys.Read(master, buffer)));
        Check.Ok(Sys.SetTerminalModes(slave, modes));
        Check.Ok(Sys.GetTerminalModes(slave, out var after));
        Check.Equal((modes.Input, modes.Output, modes.Control, modes.Local), (after.Input, after.Output, after.Control, after.Local));
    }

    private static void NoTerminal()
    {
        Check.Ok(Sys.Pipe(out var read, out _));
        Check.Fails(Errno.ENOTTY, Sys.GetTerminalModes(read, out _));
        Check.Fails(Errno.ENOTTY, Sys.GetWindowSize(read, out _));
        Check.True(!Sys.IsInForeground(read), "a pipe has no foreground");
    }

    private static void Controlling()
    {
        var master = Master();
        var slave = Check.Value(Sys.OpenTerminalPeer(master));
        Check.Value(Sys.SetSid());
        Check.Ok(Sys.SetControllingTerminal(slave));
        Check.Value(Sys.Open(Native.AT_FDCWD, "/dev/tty"u8, Native.O_RDWR));
        Check.True(Sys.IsInForeground(slave), "the session leader is in the foreground");
    }

    private static void Descriptor()
    {
        Check.Ok(Sys.SocketPair(Native.SOCK_STREAM, out var one, out var other));
        Check.Ok(Sys.Pipe(out var read, out var write));
        Check.Ok(Sys.SendDescriptor(one, "name"u8, write));
        var received = Check.Value(Sys.ReceiveDescriptor(other));
        Check.True(received != write, "a new number");
        Check.Equal(Native.FD_CLOEXEC, Check.Value(Sys.Fcntl(received, Native.F_GETFD)));
        Check.Ok(Sys.WriteAll(received, "x"u8));
        Check.Equal(1, Check.Value(Sys.Read(read, new byte[4])));
        Check.Fails(Errno.EBADF, Sys.SendDescriptor(one, "name"u8, 999));
    }

    private static void NoDescriptor()
    {
        Check.Ok(Sys.SocketPair(Native.SOCK_STREAM, out var one, out var other));
        Check.Value(Sys.Send(one, "name"u8, 0));
        Check.Fails(Errno.EBADMSG, Sys.ReceiveDescriptor(other));
        Check.Ok(Sys.Close(one));
        Check.Fails(Errno.EBADMSG, Sys.ReceiveDescriptor(other));
    }

    private static void NoRoomForDescriptor()
    {
        const int openFiles = 7;
        Check.Ok(Sys.SocketPair(Native.SOCK_SEQPACKET, out var one, out var other));
        Check.Ok(Sys.SendDescriptor(one, "name"u8, one));
        Check.Ok(Sys.GetRlimit(openFiles, out _, out var most));
        Check.Ok(Sys.PrLimit(0, openFiles, 0, most));
        Check.Fails(Errno.EMFILE, Sys.ReceiveDescriptor(other));
    }

    private static void Names()
    {
        Check.Ok(Sys.Mount("none"u8, "/tmp"u8, "tmpfs"u8, 0, default));
        foreach (var name in new[] { "/tmp/socket", "@sharprun-test" })
        {
            var path = System.Text.Encoding.ASCII.GetBytes(name);
            var bound = Check.Value(Sys.Socket(Native.AF_UNIX, Native.SOCK_DGRAM, 0));
            Check.Ok(Sys.BindUnix(bound, path));
            var connected = Check.Value(Sys.Socket(Native.AF_UNIX, Native.SOCK_DGRAM, 0));
            Check.Ok(Sys.ConnectUnix(connected, path));
            Check.Value(Sys.Send(connected, "hello"u8, 0));
            Check.Equal(5, Check.Value(Sys.Recv(bound, new byte[8], 0)));
        }
        var socket = Check.Value(Sys.Socket(Native.AF_UNIX, Native.SOCK_DGRAM, 0));
        Check.Fails(Errno.ENAMETOOLONG, Sys.ConnectUnix(socket, System.Text.Encoding.ASCII.GetBytes(new string('x', 108))));
        Check.Fails(Errno.ENOENT, Sys.ConnectUnix(socket, "/tmp/nobody\0"u8));
    }
}
