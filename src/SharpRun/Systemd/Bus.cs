using System;
using System.Collections.Generic;
using SharpRun.DBus;
using SharpRun.Linux;
using SharpRun.Parent;

namespace SharpRun.Systemd;

/// <summary>One connection to a bus, for the life of one command: blocking, without a thread, each wait with a limit.</summary>
sealed class Bus : IDisposable
{
    private const string SystemSocket = "/run/dbus/system_bus_socket", PrivateSocket = "/run/systemd/private";
    private const string DBusName = "org.freedesktop.DBus", DBusPath = "/org/freedesktop/DBus";

    /// <summary>Milliseconds for an answer, and for a job of systemd; tests are less patient.</summary>
    internal static int Limit { get; set; } = 30_000;

    private readonly string _address;
    private readonly bool _isDirect;
    private readonly List<Message> _signals = [];
    private byte[] _received = new byte[4096];
    private int _length;
    private uint _serial;

    private Bus(int fd, string address, bool isDirect) => (Fd, _address, _isDirect) = (fd, address, isDirect);

    /// <summary>The clone child closes it at once.</summary>
    public int Fd { get; private set; }

    /// <summary>The machine's bus, or that of the caller's session. Where the machine has no bus, root speaks to systemd itself, which has a
    /// socket for just that.</summary>
    public static Bus Connect(bool isUsers)
    {
        var given = CallerEnvironment.Variable(isUsers ? "DBUS_SESSION_BUS_ADDRESS" : "DBUS_SYSTEM_BUS_ADDRESS") is { Length: > 0 } address ? address : null;
        var path = given is null ? (isUsers ? SessionSocket() : SystemSocket)
            : BusAddress.SocketOf(given) ?? throw new SystemdError($"systemd: \"{given}\" has no unix socket to connect to");
        try
        {
            return Open(path, isDirect: false);
        }
        catch (ErrnoException error) when (error.Error is Errno.ENOENT or Errno.ECONNREFUSED)
        {
            if (isUsers)
            {
                throw new SystemdError($"systemd of the user: there is no session bus at {path} (a login, or loginctl enable-linger, starts one)");
            }
            return given is null ? ConnectDirectly() : throw NotRunning(path);
        }
    }

    private static Bus ConnectDirectly()
    {
        try
        {
            return Open(PrivateSocket, isDirect: true);
        }
        catch (ErrnoException error) when (error.Error is Errno.ENOENT or Errno.ECONNREFUSED)
        {
            throw NotRunning(SystemSocket);
        }
    }

    private static SystemdError NotRunning(string path) =>
        new($"systemd is not running on this host (nobody listens at {path}): the cgroup manager cgroupfs does without it");

    private static string SessionSocket() =>
        (CallerEnvironment.Variable("XDG_RUNTIME_DIR") is { Length: > 0 } directory ? directory : $"/run/user/{Sys.GetEuid()}") + "/bus";

    private static Bus Open(string path, bool isDirect)
    {
        var bus = new Bus(UnixSocket.Connect(path, Native.SOCK_STREAM, isDirect ? "systemd at" : "the D-Bus of systemd at"), path, isDirect);
        try
        {
            bus.Greet();
        }
        catch
        {
            bus.Dispose();
            throw;
        }
        return bus;
    }

    public void Dispose()
    {
        if (Fd >= 0)
        {
            Sys.Close(Fd);
            Fd = -1;
        }
    }

    private void Greet()
    {
        Send(Authentication.Request);
        // A bus wants to hear Hello first, and gives us a name for it.
        var hello = _isDirect ? 0 : SendCall(DBusName, DBusPath, DBusName, "Hello", []);
        var end = Deadline();
        int used;
        while ((used = Understand(() => Authentication.LengthOfAnswer(_received.AsSpan(0, _length)))) == 0)
        {
            Receive(end);
        }
        Drop(used);
        if (!_isDirect)
        {
            AnswerTo(hello, end);
        }
    }

    /// <summary>Asks for these signals; before the act that they tell of.</summary>
    public void Match(string rule)
    {
        // systemd itself has no AddMatch: it tells everything.
        if (!_isDirect)
        {
            Call(DBusName, DBusPath, DBusName, "AddMatch", rule);
        }
    }

    /// <summary>A method call and its answer; an error that is answered is a <see cref="SystemdError"/> with its name.</summary>
    public Message Call(string destination, string path, string name, string member, params Value[] arguments) =>
        AnswerTo(SendCall(destination, path, name, member, arguments), Deadline());

    /// <summary>The first signal, already heard or still to come, that is the one; null when the time is over.</summary>
    public Message? Signal(Predicate<Message> isIt)
    {
        var end = Deadline();
        while (true)
        {
            var index = _signals.FindIndex(isIt);
            if (index >= 0)
            {
                return _signals[index];
            }
            if (Next(end) is not { } message)
            {
                return null;
            }
            Keep(message);
        }
    }

    private Message AnswerTo(uint serial, long end)
    {
        while (Next(end) is { } message)
        {
            if (message.ReplySerial == serial && message.Kind == MessageKind.Reply)
            {
                return message;
            }
            if (message.ReplySerial == serial && message.Kind == MessageKind.Error)
            {
                throw new SystemdError(message.TextAt(0) is { Length: > 0 } text ? text : message.ErrorName, message.ErrorName);
            }
            Keep(message);
        }
        throw new SystemdError($"no answer in {Limit / 1000.0:0.#} s from {_address}");
    }

    private void Keep(Message message)
    {
        if (message.Kind == MessageKind.Signal)
        {
            _signals.Add(message);
        }
    }

    private uint SendCall(string destination, string path, string name, string member, Value[] arguments)
    {
        var message = new Message
        {
            Kind = MessageKind.Call,
            Serial = ++_serial,
            Destination = destination,
            Path = path,
            Interface = name,
            Member = member,
            Body = arguments,
        };
        Send(message.ToBytes());
        return _serial;
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var sent = Sys.Send(Fd, bytes, Native.MSG_NOSIGNAL).OrThrow($"send to {_address}");
            bytes = bytes[sent..];
        }
    }

    // The next message; null when the time is over.
    private Message? Next(long end)
    {
        while (true)
        {
            var length = _length < Message.FixedLength ? 0 : Understand(() => Message.LengthOf(_received));
            if (length > 0 && length <= _length)
            {
                var message = Understand(() => Message.Parse(_received.AsSpan(0, length)));
                Drop(length);
                return message;
            }
            if (!TryReceive(end))
            {
                return null;
            }
        }
    }

    private void Receive(long end)
    {
        if (!TryReceive(end))
        {
            throw new SystemdError($"no answer in {Limit / 1000.0:0.#} s from {_address}");
        }
    }

    private bool TryReceive(long end)
    {
        Span<PollFd> watched = [new PollFd(Fd, Native.POLLIN)];
        Result ready;
        do
        {
            var left = (end - Sys.MonotonicNanoseconds()) / 1_000_000;
            if (left <= 0)
            {
                return false;
            }
            ready = Sys.Poll(watched, (int)left);
        }
        while (ready is { Ok: true, Value: 0 } || ready.Error == Errno.EINTR);
        ready.OrThrow($"wait for {_address}");
        if (_length == _received.Length)
        {
            Array.Resize(ref _received, _received.Length * 2);
        }
        var received = Sys.Recv(Fd, _received.AsSpan(_length), 0);
        if (received is { Ok: true, Value: 0 } || received.Error == Errno.ECONNRESET)
        {
            throw new SystemdError($"{_address} has cut the connection");
        }
        _length += received.OrThrow($"receive from {_address}");
        return true;
    }

    private void Drop(int count)
    {
        _received.AsSpan(count, _length - count).CopyTo(_received);
        _length -= count;
    }

    private T Understand<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (WireError error)
        {
            throw new SystemdError($"what {_address} says is not understood: {error.Message}");
        }
    }

    private static long Deadline() => Sys.MonotonicNanoseconds() + Limit * 1_000_000L;
}
