using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Threading;
using SharpRun.DBus;

namespace SharpRun.Tests;

/// <summary>A system bus with a systemd on it, as badly behaved as a test wants; DBUS_SYSTEM_BUS_ADDRESS leads there while it lives.</summary>
sealed class FakeSystemd : IDisposable
{
    private const string Variable = "DBUS_SYSTEM_BUS_ADDRESS";
    private const string Manager = "org.freedesktop.systemd1.Manager", Unit = "/unit/1";
    private const string OwnName = ":1.2", AnothersName = ":1.66";

    private readonly TemporaryRoot _folder = new();
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly string? _before = Environment.GetEnvironmentVariable(Variable);
    private uint _serial;

    public FakeSystemd()
    {
        var path = Path.Combine(_folder.Path, "bus");
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
        Environment.SetEnvironmentVariable(Variable, "unix:path=" + path);
        new Thread(Listen) { IsBackground = true }.Start();
    }

    /// <summary>The names of the methods that were called, of all connections.</summary>
    public List<string> Calls { get; } = [];

    public Message? Started { get; private set; }

    /// <summary>The calls of SetUnitProperties.</summary>
    public List<Message> Sets { get; } = [];

    /// <summary>The line that answers the authentication.</summary>
    public string Greeting { get; init; } = "DATA\r\nOK 1234567890abcdef\r\n";

    /// <summary>What StartTransientUnit is answered, one word a call; the last one stays: done, another result of the job, an error's name with
    /// a dot in it, nothing, silence (no signal), cut, garbage.</summary>
    public List<string> Starts { get; } = ["done"];

    public string Stop { get; init; } = "done";

    /// <summary>What else happens at a SetUnitProperties.</summary>
    public Action OnSet { get; set; } = () => { };

    /// <summary>Or the name of the error that answers the question for it.</summary>
    public string Version { get; init; } = "252.39-1~deb12u1";

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(Variable, _before);
        _listener.Dispose();
        _folder.Dispose();
    }

    private void Listen()
    {
        try
        {
            while (true)
            {
                // What is undone has a connection of its own, while the first is still open. A command speaks over one at a time.
                var client = _listener.Accept();
                new Thread(() => Serve(client)) { IsBackground = true }.Start();
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
        }
    }

    private void Serve(Socket client)
    {
        try
        {
            Talk(client);
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException)
        {
        }
        client.Dispose();
    }

    private void Talk(Socket client)
    {
        var received = new byte[64 * 1024];
        var length = 0;
        var isGreeted = false;
        int count;
        while ((count = client.Receive(received.AsSpan(length))) > 0)
        {
            length += count;
            if (!isGreeted)
            {
                // Hello may come in the same packet.
                client.Send(System.Text.Encoding.ASCII.GetBytes(Greeting));
                var request = Authentication.Request.Length;
                received.AsSpan(request, length -= request).CopyTo(received);
                isGreeted = true;
            }
            while (length >= Message.FixedLength && Message.LengthOf(received) is var whole && whole <= length)
            {
                var message = Message.Parse(received.AsSpan(0, whole));
                received.AsSpan(whole, length -= whole).CopyTo(received);
                Calls.Add(message.Member);
                Answer(client, message);
            }
        }
    }

    private void Answer(Socket client, Message call)
    {
        switch (call.Member)
        {
            case "Hello":
                Reply(client, call, ":1.7");
                break;
            case "Get" when call.Path == Unit:
                Reply(client, call, new VariantValue(new NumberValue('t', 7)));
                break;
            case "Get" when Version.Contains("Error", StringComparison.Ordinal):
                Send(client, new Message { Kind = MessageKind.Error, ReplySerial = call.Serial, ErrorName = Version, Body = ["a sentence of the bus"] });
                break;
            case "Get":
                Reply(client, call, new VariantValue(call.TextAt(1) == "Version" ? Version : ""));
                break;
            case "GetUnit":
                Reply(client, call, new TextValue(Unit, 'o'));
                break;
            case "SetUnitProperties":
                Sets.Add(call);
                OnSet();
                Reply(client, call);
                break;
            case "StartTransientUnit":
                Started = call;
                var answer = Starts[0];
                if (Starts.Count > 1)
                {
                    Starts.RemoveAt(0);
                }
                Job(client, call, answer);
                break;
            case "StopUnit":
                Job(client, call, Stop);
                break;
            default:
                Reply(client, call);
                break;
        }
    }

    private void Job(Socket client, Message call, string answer)
    {
        switch (answer)
        {
            case "nothing":
                break;
            case "silence":
                Reply(client, call, new TextValue("/job/1", 'o'));
                break;
            case "cut":
                client.Close();
                break;
            case "garbage":
                client.Send([.. Enumerable.Repeat((byte)'x', 100)]);
                break;
            case var name when name.Contains('.', StringComparison.Ordinal):
                Send(client, new Message { Kind = MessageKind.Error, ReplySerial = call.Serial, ErrorName = name, Body = ["a sentence of systemd"] });
                break;
            default:
                // Another unit's job first, and a lie of somebody else; and the signal of ours before the answer, as it may come.
                Signal(client, "/job/0", "other.scope", "failed");
                Signal(client, "/job/1", call.TextAt(0), answer == "done" ? "failed" : "done", AnothersName);
                Signal(client, "/job/1", call.TextAt(0), answer);
                Reply(client, call, new TextValue("/job/1", 'o'));
                break;
        }
    }

    private void Signal(Socket client, string job, string unit, string result, string sender = OwnName) => Send(client, new Message
    {
        Kind = MessageKind.Signal,
        Sender = sender,
        Path = "/org/freedesktop/systemd1",
        Interface = Manager,
        Member = "JobRemoved",
        Body = [Value.UInt32(1), new TextValue(job, 'o'), unit, result],
    });

    private void Reply(Socket client, Message call, params Value[] body) =>
        Send(client, new Message { Kind = MessageKind.Reply, ReplySerial = call.Serial, Body = body });

    private void Send(Socket client, Message message)
    {
        // In two parts, as a stream may bring it.
        var sender = message.Sender.Length > 0 ? message.Sender : OwnName;
        var bytes = (message with { Serial = ++_serial, Sender = sender }).ToBytes();
        client.Send(bytes.AsSpan(0, 20));
        client.Send(bytes.AsSpan(20));
    }
}
