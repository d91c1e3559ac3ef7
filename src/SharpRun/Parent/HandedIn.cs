using SharpRun.Cli;
using SharpRun.CommandLine;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Parent;

/// <summary>The sockets over which create hands something out: the terminal's master, by the child, and a pidfd of init.</summary>
sealed class HandedIn
{
    private int _consoleOfParent = -1;
    private int _pidFdSocket = -1;

    /// <summary>The child's: the console socket, or an end of a pair whose other end is ours. -1 without a terminal.</summary>
    public int ConsoleOfChild { get; private set; } = -1;

    /// <summary>Before anything is made, so that a socket at which nobody listens costs nothing.</summary>
    public static HandedIn Connect(bool terminal, bool detach, string? consoleSocket, string? pidFdSocket)
    {
        var sockets = new HandedIn();
        if (Check.TerminalHasReceiver.Fails(terminal && detach && consoleSocket is null))
        {
            throw new SpecError("process.terminal", "cannot allocate tty if sharprun will detach without setting console socket");
        }
        if (Check.ConsoleSocketHasTerminal.Fails(consoleSocket is not null && !(terminal && detach)))
        {
            throw new UsageError("cannot use console socket if sharprun will not detach or allocate tty");
        }
        if (consoleSocket is { } console)
        {
            sockets.ConsoleOfChild = UnixSocket.Connect(console, Native.SOCK_STREAM, "console socket");
        }
        else if (terminal)
        {
            Sys.SocketPair(Native.SOCK_STREAM, out var parent, out var child).OrThrow("make a socket pair for the terminal");
            (sockets._consoleOfParent, sockets.ConsoleOfChild) = (parent, child);
        }
        if (pidFdSocket is { } pidFd)
        {
            sockets._pidFdSocket = UnixSocket.Connect(pidFd, Native.SOCK_STREAM, "pidfd socket");
        }
        return sockets;
    }

    public void CloseConsoleOfChild()
    {
        if (ConsoleOfChild >= 0)
        {
            Sys.Close(ConsoleOfChild);
        }
    }

    public void SendPidFd(int pidFd)
    {
        if (_pidFdSocket >= 0)
        {
            Sys.SendDescriptor(_pidFdSocket, "pidfd"u8, pidFd).OrThrow("send the pidfd to the pidfd socket");
            Sys.Close(_pidFdSocket);
        }
    }

    /// <summary>The master, in a foreground run; it has been sent by now. Else -1.</summary>
    public int ReceiveTerminal()
    {
        if (_consoleOfParent < 0)
        {
            return -1;
        }
        var master = Sys.ReceiveDescriptor(_consoleOfParent).OrThrow("receive the container's terminal");
        Sys.Close(_consoleOfParent);
        return master;
    }
}
