using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Net.Security;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Registry;

/// <summary>
/// HTTP/1.1 to any host, one request and its answer's head at a time; no redirects, cookies or decompression, and blocking calls only.
/// Connections are kept for the next request. For any number of threads.
/// </summary>
sealed class Connections(RegistrySettings settings) : IDisposable
{
    private readonly Dictionary<(string Authority, bool IsInsecure), HttpMessageInvoker> _invokers = [];
    private readonly Lock _lock = new();

    /// <summary>The answer's head is there, its body is still to be read. Insecure: any certificate is taken.</summary>
    /// <exception cref="HttpRequestException">no connection, no TLS, or a cut</exception>
    public HttpResponseMessage Send(HttpRequestMessage request, bool isInsecure)
    {
        var uri = request.RequestUri!;
        HttpMessageInvoker? invoker;
        lock (_lock)
        {
            if (!_invokers.TryGetValue((uri.Scheme + uri.Authority, isInsecure), out invoker))
            {
                invoker = new HttpMessageInvoker(NewHandler(uri, isInsecure));
                _invokers.Add((uri.Scheme + uri.Authority, isInsecure), invoker);
            }
        }
        request.Version = HttpVersion.Version11;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        try
        {
            return invoker.Send(request, CancellationToken.None);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // A time limit of the connection comes as a cancellation.
            throw new HttpRequestException(HttpRequestError.ConnectionError, error is IOException ? error.Message : "it took too long", error);
        }
    }

    private SocketsHttpHandler NewHandler(Uri uri, bool isInsecure) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        // A registry of this machine is not reached through a proxy.
        UseProxy = !Endpoint.IsLocal(uri.Host),
        ConnectTimeout = settings.ConnectTime,
        ConnectCallback = Connect,
        MaxResponseHeadersLength = 64,
        MaxResponseDrainSize = RegistryLimits.ErrorBody,
        SslOptions = uri.Scheme == Uri.UriSchemeHttps ? Trust.OptionsFor(CertificateHost(uri), isInsecure, settings) : new SslClientAuthenticationOptions(),
    };

    // docker's directories of certificates are called by the name that the user knows.
    private static string CertificateHost(Uri uri) => uri.Authority == Endpoint.DockerHubServer ? Endpoint.DockerHub : uri.Authority;

    // A socket of our own, for its time limits: the BCL has none for a body that is read or written by blocking calls.
    private ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken stop)
    {
        var wanted = context.DnsEndPoint;
        var addresses = IPAddress.TryParse(wanted.Host.Trim('[', ']'), out var address) ? [address] : Dns.GetHostAddresses(wanted.Host);
        Exception? last = null;
        foreach (var candidate in addresses)
        {
            var socket = new Socket(candidate.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                Connect(socket, new IPEndPoint(candidate, wanted.Port));
                socket.ReceiveTimeout = socket.SendTimeout = (int)settings.IdleTime.TotalMilliseconds;
                return ValueTask.FromResult<Stream>(new NetworkStream(socket, ownsSocket: true));
            }
            catch (SocketException error)
            {
                last = error;
                socket.Dispose();
                stop.ThrowIfCancellationRequested();
            }
        }
        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }

    // connect(2) would wait for two minutes and more.
    private void Connect(Socket socket, IPEndPoint to)
    {
        socket.Blocking = false;
        try
        {
            socket.Connect(to);
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            if (!socket.Poll(settings.ConnectTime / 2, SelectMode.SelectWrite))
            {
                throw new SocketException((int)SocketError.TimedOut);
            }
            var status = (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
            if (status != 0)
            {
                throw new SocketException(status);
            }
        }
        socket.Blocking = true;
    }

    public void Dispose()
    {
        foreach (var invoker in _invokers.Values)
        {
            invoker.Dispose();
        }
    }

    /// <summary>What went wrong, without the layers of the BCL around it.</summary>
    public static string Reason(Exception error)
    {
        for (; error.InnerException is { } inner; error = inner)
        {
            // The certificate's fault is said by the middle one of the three.
            if (error is System.Security.Authentication.AuthenticationException)
            {
                break;
            }
        }
        return error switch
        {
            SocketException { SocketErrorCode: SocketError.TimedOut or SocketError.WouldBlock or SocketError.TryAgain } => "it took too long",
            // What the resolver says has no number of the kernel's.
            SocketException socket => Enum.IsDefined((Errno)socket.NativeErrorCode) ? ((Errno)socket.NativeErrorCode).Sentence() : socket.Message,
            HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } => "the connection was cut",
            ImageError => error.Message,
            _ => error.Message.TrimEnd('.'),
        };
    }
}
