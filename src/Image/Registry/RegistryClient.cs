using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Threading;
using SharpRun.Image.Blobs;
using SharpRun.Json;
using SharpRun.Oci;

namespace SharpRun.Image.Registry;

/// <summary>
/// Requests to one registry (or mirror): signed, redirected, and made again after what passes. Every failure is an <see cref="ImageError"/>
/// that begins with the act. For any number of threads.
/// </summary>
sealed class RegistryClient : IDisposable
{
    private readonly RegistrySettings _settings;
    private readonly Connections _connections;
    private readonly int _attempts;
    private readonly Lock _lock = new();
    private Uri? _origin;
    private volatile bool _wasReached;

    public RegistryClient(Endpoint endpoint, RegistrySettings settings, int attempts = RegistryLimits.Attempts, Credentials? credentials = null)
    {
        // The BCL would end the program.
        if (!Hasher.HasLibrary)
        {
            throw new ImageError($"reach {endpoint.Host}: libssl is not installed, and without it there is no TLS");
        }
        Trust.Prepare();
        Endpoint = endpoint;
        _settings = settings;
        _attempts = attempts;
        _connections = new Connections(settings);
        Authorization = new Authorization(endpoint, settings, AskTokenServer, credentials);
    }

    public Endpoint Endpoint { get; }

    public Authorization Authorization { get; }

    public RegistrySettings Settings => _settings;

    /// <summary>"/v2/" and what is behind it.</summary>
    public Uri AddressOf(string path) => Address.Parse($"{Origin().Scheme}://{Endpoint.Server}/v2/{path}", $"reach {Endpoint.Host}");

    /// <summary>Below the repository: "manifests/latest".</summary>
    public Uri InRepository(string path) => AddressOf($"{Endpoint.Repository}/{path}");

    /// <summary>The whole answer, whatever its status is.</summary>
    public Answer Ask(Request request, string act, int limit) => Send(request, act, response => Answer.Read(response, limit, act, _settings));

    /// <summary>The answer's head with its body still to be read; the caller disposes of it.</summary>
    public HttpResponseMessage Open(Request request, string act) => Send(request, act, static response => response);

    /// <summary>What is said when an answer is not the wanted one.</summary>
    public ImageError Refused(string act, HttpResponseMessage head, string sentence)
    {
        var isNobody = head.StatusCode == HttpStatusCode.Unauthorized && !Authorization.HasCredentials;
        return new ImageError($"{act}: {sentence}{(isNobody ? $" (no credentials for {Endpoint.Host}: sharprun-image login)" : "")}");
    }

    public ImageError Refused(string act, Answer answer) => Refused(act, answer.Head, answer.Sentence);

    // Scheme and host. An insecure registry is tried with TLS first, as docker does it.
    private Uri Origin()
    {
        lock (_lock)
        {
            return _origin ??= Endpoint.IsInsecure && !SpeaksTls() ? new Uri($"http://{Endpoint.Server}/") : new Uri($"https://{Endpoint.Server}/");
        }
    }

    private bool SpeaksTls()
    {
        try
        {
            using var message = new Request(HttpMethod.Get, new Uri($"https://{Endpoint.Server}/v2/")).ToMessage(new Uri($"https://{Endpoint.Server}/v2/"));
            using var response = _connections.Send(message, isInsecure: true);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private Answer AskTokenServer(Request request, string act) =>
        Repeat(request, act, () => Follow(request), response => Answer.Read(response, RegistryLimits.Token, act, _settings));

    private T Send<T>(Request request, string act, Func<HttpResponseMessage, T> take) => Repeat(request, act, () => Sign(request), take);

    private T Repeat<T>(Request request, string act, Func<HttpResponseMessage> send, Func<HttpResponseMessage, T> take)
    {
        for (var attempt = 1; ; attempt++)
        {
            string reason;
            TimeSpan? asked = null;
            try
            {
                var response = send();
                _wasReached = true;
                if (!request.CanRepeat || ImageCheck.OnlyWhatPassesIsRepeated.Fails(!Passes(response.StatusCode)) || attempt == _attempts)
                {
                    return take(response);
                }
                asked = RetryAfter(response.Headers.RetryAfter);
                reason = Answer.Read(response, RegistryLimits.ErrorBody, act, _settings).Sentence;
            }
            catch (Exception error) when (error is HttpRequestException or IOException or InvalidOperationException)
            {
                reason = Connections.Reason(error);
                if (!request.CanRepeat)
                {
                    throw OfBody(error) ?? (Exception)new CutException($"{act}: {OneLine.Of(reason)}");
                }
                if (!MayPass(error) || attempt == _attempts)
                {
                    var tried = attempt > 1 ? $" (tried {attempt} times)" : "";
                    throw new ImageError($"{act}: {OneLine.Of(reason)}{tried}");
                }
            }
            Wait(attempt, asked);
        }
    }

    // The source of what was being sent is to blame, not the connection.
    private static ImageError? OfBody(Exception error)
    {
        for (var inner = error; inner is not null; inner = inner.InnerException!)
        {
            if (inner is ImageError own)
            {
                return own;
            }
        }
        return null;
    }

    /// <summary>Whether the same request may well succeed a little later.</summary>
    public static bool Passes(HttpStatusCode status) => status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout
        or HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    // A wrong name, a closed port and a bad certificate are the user's to mend, unless we have been through before.
    private bool MayPass(Exception error)
    {
        for (var inner = error; inner is not null; inner = inner.InnerException)
        {
            if (inner is AuthenticationException or InvalidOperationException or ImageError)
            {
                return false;
            }
        }
        return _wasReached || error is not HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError };
    }

    /// <summary>Before attempt + 1: doubled each time, half of it by chance; or what the server asks for, up to a limit.</summary>
    public void Wait(int attempt, TimeSpan? asked)
    {
        var backoff = _settings.FirstWait * Math.Pow(2, attempt - 1);
        var wait = asked ?? backoff * (0.5 + Random.Shared.NextDouble() / 2);
        Thread.Sleep(wait < TimeSpan.Zero ? TimeSpan.Zero : ImageCheck.WaitIsShort.Fails(wait > _settings.LongestWait) ? _settings.LongestWait : wait);
    }

    private static TimeSpan? RetryAfter(RetryConditionHeaderValue? header) =>
        header?.Delta ?? (header?.Date is { } date ? date - DateTimeOffset.UtcNow : null);

    // A 401 is answered once with what its challenge asks for, and once more with a new token when the old one is no longer taken.
    private HttpResponseMessage Sign(Request request)
    {
        for (var renewed = 0; ; renewed++)
        {
            var used = Authorization.For(Origin());
            var response = Follow(request with { Authorization = used });
            if (response.StatusCode != HttpStatusCode.Unauthorized || renewed == 2)
            {
                return response;
            }
            // Only the registry's own word counts, not that of a host behind a redirect.
            if (ImageCheck.ChallengeIsTheRegistrys.Fails(!Address.IsSameOrigin(response.RequestMessage!.RequestUri!, Origin())) || !Authorization.Renew(Origin(), used, Challenges(response)))
            {
                return response;
            }
            response.Dispose();
        }
    }

    private static List<Challenge> Challenges(HttpResponseMessage response)
    {
        List<Challenge> challenges = [];
        if (response.Headers.NonValidated.TryGetValues("WWW-Authenticate", out var headers))
        {
            foreach (var header in headers)
            {
                challenges.AddRange(Challenge.ParseAll(header));
            }
        }
        return challenges;
    }

    // Redirects by hand: the Authorization stays at the first origin, and https is never left for http.
    private HttpResponseMessage Follow(Request request)
    {
        var uri = request.Uri;
        for (var redirects = 0; ; redirects++)
        {
            var isFirst = ImageCheck.AuthorizationStaysAtItsOrigin.Passes(Address.IsSameOrigin(uri, request.Uri));
            using var message = request.ToMessage(uri);
            message.Headers.Authorization = isFirst && IsForSecrets(request) ? request.Authorization : null;
            var response = _connections.Send(message, Endpoint.IsInsecure && ImageCheck.OnlyTheRegistryIsInsecure.Passes(uri.Host == Origin().Host));
            if (!IsRedirect(response.StatusCode, request.Method) || Answer.Header(response, "Location") is not { } location)
            {
                return response;
            }
            response.Dispose();
            var next = Address.Resolve(uri, location, $"follow {uri.Authority}'s redirect");
            if (ImageCheck.RedirectsAreFew.Fails(redirects == RegistryLimits.Redirects))
            {
                throw new ImageError($"reach {request.Uri.Authority}: more than {RegistryLimits.Redirects} redirects");
            }
            if (ImageCheck.RedirectIsNoDowngrade.Fails(uri.Scheme == Uri.UriSchemeHttps && next.Scheme != Uri.UriSchemeHttps))
            {
                throw new ImageError($"reach {request.Uri.Authority}: a redirect leads from https to plain http at {next.Authority}: refused");
            }
            if (ImageCheck.RedirectTakesNoSecret.Fails(request.HasSecretBody && !Address.IsSameOrigin(next, request.Uri)))
            {
                throw new ImageError($"reach {request.Uri.Authority}: a redirect to {next.Authority} would take a secret along: refused");
            }
            uri = next;
        }
    }

    // An upload's Location may be at another host; a token server's request brings its own header.
    private bool IsForSecrets(Request request) => ImageCheck.UploadElsewhereIsNotSigned.Passes(!request.IsForRegistry || Address.IsSameOrigin(request.Uri, Origin()));

    // After 301 to 303 a POST would become a GET (RFC 9110, section 15.4); nothing of a registry wants that.
    private static bool IsRedirect(HttpStatusCode status, HttpMethod method) => status switch
    {
        HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther => method == HttpMethod.Get || method == HttpMethod.Head,
        HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect => true,
        _ => false,
    };

    public void Dispose() => _connections.Dispose();
}
