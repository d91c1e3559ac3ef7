using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using SharpRun.Image.Registry;

namespace SharpRun.Image.Tests;

/// <summary>An HTTP server on a port of its own that answers as a script says, bytes and cuts included. TLS is refused.</summary>
sealed class ScriptedRegistry : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Action<Exchange> _script;
    private readonly List<Exchange> _seen = [];

    public ScriptedRegistry(Action<Exchange> script)
    {
        _script = script;
        _listener.Start();
        new Thread(Listen) { IsBackground = true }.Start();
    }

    public string Host => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>All requests so far.</summary>
    public List<Exchange> Seen
    {
        get
        {
            lock (_seen)
            {
                return [.. _seen];
            }
        }
    }

    public int Count(string method, string part) => Seen.FindAll(exchange => exchange.Method == method && exchange.Target.Contains(part, StringComparison.Ordinal)).Count;

    /// <summary>Impatient, and blind to what this machine has in /etc and its home.</summary>
    public static RegistrySettings Settings { get; } = new()
    {
        AuthFile = "/nonexistent/auth.json",
        RegistriesFile = "/dev/null",
        CertificateRoots = [],
        FirstWait = TimeSpan.FromMilliseconds(1),
        LongestWait = TimeSpan.FromMilliseconds(1500),
        IdleTime = TimeSpan.FromMilliseconds(700),
        CommitTime = TimeSpan.FromMilliseconds(1500),
    };

    private void Listen()
    {
        try
        {
            while (true)
            {
                var client = _listener.AcceptTcpClient();
                new Thread(() => Serve(client)) { IsBackground = true }.Start();
            }
        }
        catch (Exception error) when (error is SocketException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private void Serve(TcpClient client)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                var stream = client.GetStream();
                while (Exchange.Read(stream) is { } exchange)
                {
                    lock (_seen)
                    {
                        _seen.Add(exchange);
                    }
                    _script(exchange);
                    if (exchange.IsCut)
                    {
                        return;
                    }
                }
            }
            catch (IOException)
            {
                // The other side has gone.
            }
        }
    }

    public void Dispose() => _listener.Dispose();
}

/// <summary>One request and what is sent back for it.</summary>
sealed class Exchange
{
    private readonly NetworkStream _stream;

    private Exchange(NetworkStream stream, string method, string target, Dictionary<string, string> headers)
    {
        _stream = stream;
        (Method, Target, Headers) = (method, target, headers);
    }

    public string Method { get; }

    /// <summary>Path and query.</summary>
    public string Target { get; }

    public Dictionary<string, string> Headers { get; }

    public byte[] Body { get; private set; } = [];

    public bool IsCut { get; private set; }

    public string? Authorization => Headers.GetValueOrDefault("Authorization");

    public static Exchange? Read(NetworkStream stream)
    {
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            var next = stream.ReadByte();
            if (next < 0 || (head.Length == 0 && next == 0x16)) // the first byte of TLS
            {
                return null;
            }
            head.Append((char)next);
        }
        var lines = head.ToString().Split("\r\n");
        var words = lines[0].Split(' ');
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines.AsSpan(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                var (name, value) = (line[..colon], line[(colon + 1)..].Trim());
                headers[name] = headers.TryGetValue(name, out var before) ? before + ", " + value : value;
            }
        }
        return new Exchange(stream, words[0], words[1], headers);
    }

    /// <summary>The body, or as much of it as the script takes before it cuts.</summary>
    public byte[] ReadBody(int most = int.MaxValue)
    {
        if (Headers.ContainsKey("Expect"))
        {
            Send("HTTP/1.1 100 Continue\r\n\r\n");
        }
        var length = (int)Math.Min(most, long.Parse(Headers.GetValueOrDefault("Content-Length", "0"), CultureInfo.InvariantCulture));
        Body = new byte[length];
        _stream.ReadExactly(Body);
        return Body;
    }

    public void Answer(int status, byte[] body, params string[] headers)
    {
        var head = new StringBuilder($"HTTP/1.1 {status} Word\r\nContent-Length: {body.Length}\r\n");
        foreach (var header in headers)
        {
            head.Append(header).Append("\r\n");
        }
        Send(head.Append("\r\n").ToString());
        if (Method != "HEAD")
        {
            Send(body);
        }
    }

    public void Answer(int status, string body = "", params string[] headers) => Answer(status, Encoding.UTF8.GetBytes(body), headers);

    public void Send(string text) => Send(Encoding.Latin1.GetBytes(text));

    public void Send(byte[] bytes) => _stream.Write(bytes);

    /// <summary>No more on this connection, after what was sent.</summary>
    public void End() => IsCut = true;

    /// <summary>The connection is reset: what was sent may be lost.</summary>
    public void Cut()
    {
        IsCut = true;
        _stream.Socket.LingerState = new LingerOption(true, 0);
    }
}
