using System;
using System.Globalization;
using System.Text;
using SharpRun.Linux;
using SharpRun.Planning;
using SharpRun.State;

namespace SharpRun.Parent;

/// <summary>
/// The caller's NOTIFY_SOCKET (sd_notify(3)), for a container: it gets a socket of its own, in a directory that is bound at /run/notify, and
/// only its READY= goes on, with init's pid as the service's. Whatever else a container might say (MAINPID=, FDSTORE=) stays unheard.
/// </summary>
sealed class NotifySocket
{
    private const int BarrierLimit = 30_000; // milliseconds, as in runc

    private readonly int _socket;
    private readonly int _host;

    private NotifySocket(int socket, int host) => (_socket, _host) = (socket, host);

    /// <summary>Of the caller's environment.</summary>
    public static string? HostAddress => CallerEnvironment.Variable("NOTIFY_SOCKET") is { Length: > 0 } address ? address : null;

    /// <summary>Readable by the container's user, whatever the caller's umask is.</summary>
    public static void MakeDirectory(ContainerDirectory directory)
    {
        Sys.MkdirAt(directory.Fd, "notify"u8, 0x1ED /* 0755 */).OrThrow("make the directory of the notify socket");
        Sys.FchmodAt(directory.Fd, "notify"u8, 0x1ED, 0).OrThrow("make the directory of the notify socket");
    }

    /// <summary>Before the program runs; null when the caller has no NOTIFY_SOCKET, or had none at create.</summary>
    public static NotifySocket? Listen(ContainerDirectory directory)
    {
        if (HostAddress is not { } address || Sys.Stat(directory.Fd, "notify"u8, Native.AT_SYMLINK_NOFOLLOW, out _) != Errno.OK)
        {
            return null;
        }
        var host = UnixSocket.Connect(address, Native.SOCK_DGRAM, "NOTIFY_SOCKET");
        var socket = Sys.Socket(Native.AF_UNIX, Native.SOCK_DGRAM | Native.SOCK_NONBLOCK, 0).OrThrow("make the notify socket");
        // Left by a start that has failed.
        Sys.UnlinkAt(directory.Fd, "notify/notify.sock"u8, 0);
        Sys.BindUnix(socket, UnixSocket.Below(directory.Fd, "notify/notify.sock")).OrThrow("bind the notify socket");
        Sys.FchmodAt(directory.Fd, "notify/notify.sock"u8, 0x1FF /* 0777 */, 0).OrThrow("open the notify socket to the container's user");
        return new NotifySocket(socket, host);
    }

    /// <summary>To be watched for messages; -1 when there is nothing more to wait for.</summary>
    public int Fd => IsReady ? -1 : _socket;

    private bool IsReady { get; set; }

    /// <summary>Hears one message, and passes it on if it is the one.</summary>
    public void Hear(int mainPid)
    {
        Span<byte> message = stackalloc byte[4096];
        var received = Sys.Recv(_socket, message, 0);
        var text = message[..(received.Ok ? received.Value : 0)];
        foreach (var range in text.Split((byte)'\n'))
        {
            var line = text[range];
            if (line.StartsWith("READY="u8))
            {
                IsReady = true;
                Tell(line);
                Tell(Encoding.ASCII.GetBytes("MAINPID=" + mainPid.ToString(CultureInfo.InvariantCulture)));
                return;
            }
        }
    }

    /// <summary>Until the container is ready or gone; then until systemd has read it, since it looks at who has sent it.</summary>
    public void WaitUntilReady(int pid, int pidFd)
    {
        Span<PollFd> watched = [new PollFd(_socket, Native.POLLIN), new PollFd(pidFd, Native.POLLIN)];
        while (!IsReady)
        {
            Sys.Poll(watched, -1);
            if (watched[0].IsReady)
            {
                Hear(pid);
            }
            else if (watched[1].IsReady)
            {
                return;
            }
        }
        WaitUntilRead();
    }

    // The far end of a pipe, which systemd closes when it comes to it (sd_notify_barrier(3)).
    private void WaitUntilRead()
    {
        if (Sys.Pipe(out var here, out var there) != Errno.OK)
        {
            return;
        }
        var sent = Sys.SendDescriptor(_host, "BARRIER=1"u8, there);
        Sys.Close(there);
        if (sent == Errno.OK)
        {
            Sys.Poll([new PollFd(here, 0)], BarrierLimit);
        }
        Sys.Close(here);
    }

    // Best effort, as every sd_notify: the service manager may be gone.
    private void Tell(ReadOnlySpan<byte> line) => Sys.Send(_host, line, Native.MSG_NOSIGNAL);
}
