using System;
using System.IO;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SharpRun.Oci;

namespace SharpRun.Image.Registry;

/// <summary>
/// Whose certificates are believed. Only the one bundle file is read: .NET's own way reads every file of /etc/ssl/certs for the first
/// handshake, which takes 100 ms. A host's own directory adds authorities, and the certificate that we show (docker's certs.d).
/// </summary>
static class Trust
{
    // Debian and Arch, Fedora, openSUSE, Alpine: the places that Go's crypto/x509 looks at.
    private static readonly string[] s_bundles =
    [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
    ];

    private static readonly object s_lock = new();
    private static X509Certificate2Collection? s_roots;

    /// <summary>For connections to HOST[:PORT].</summary>
    public static SslClientAuthenticationOptions OptionsFor(string host, bool isInsecure, RegistrySettings settings)
    {
        var options = new SslClientAuthenticationOptions { ClientCertificates = [] };
        var authorities = new X509Certificate2Collection();
        foreach (var root in settings.CertificateRoots)
        {
            var directory = Path.Combine(root, host);
            // A host is part of a path here: nothing that leads elsewhere.
            if (host.Length > 0 && host[0] != '.' && !host.Contains('/', StringComparison.Ordinal) && Directory.Exists(directory))
            {
                ReadDirectory(directory, authorities, options.ClientCertificates);
            }
        }
        if (isInsecure)
        {
#pragma warning disable CA5359 // The user has asked for it, or the registry is this machine's.
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
            return options;
        }
        authorities.AddRange(Roots());
        options.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        return options;
    }

    private static X509Certificate2Collection Roots()
    {
        lock (s_lock)
        {
            return s_roots ??= ReadBundle();
        }
    }

    private static X509Certificate2Collection ReadBundle()
    {
        var chosen = Environment.GetEnvironmentVariable("SSL_CERT_FILE");
        var path = chosen is { Length: > 0 } ? chosen : Array.Find(s_bundles, File.Exists);
        return path is null ? throw new ImageError($"trust a registry: there is no bundle of authorities at {s_bundles[0]}; SSL_CERT_FILE may name one") : ReadPem(path);
    }

    private static void ReadDirectory(string directory, X509Certificate2Collection authorities, X509CertificateCollection own)
    {
        foreach (var path in Directory.GetFiles(directory))
        {
            if (path.EndsWith(".crt", StringComparison.Ordinal))
            {
                authorities.AddRange(ReadPem(path));
            }
            else if (path.EndsWith(".cert", StringComparison.Ordinal))
            {
                own.Add(ReadOwn(path));
            }
        }
    }

    private static X509Certificate2Collection ReadPem(string path)
    {
        try
        {
            var certificates = new X509Certificate2Collection();
            certificates.ImportFromPemFile(path);
            return certificates.Count > 0 ? certificates : throw new ImageError($"read {path}: it holds no certificate");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ImageError($"read {path}: {error.Message}");
        }
    }

    private static X509Certificate2 ReadOwn(string path)
    {
        var key = Path.ChangeExtension(path, ".key");
        try
        {
            return File.Exists(key) ? X509Certificate2.CreateFromPemFile(path, key) : throw new ImageError($"read {path}: its key {key} is missing");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ImageError($"read {path} and its key: {error.Message}");
        }
    }
}
