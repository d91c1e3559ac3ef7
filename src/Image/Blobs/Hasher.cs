using System;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SharpRun.Oci;

namespace SharpRun.Image.Blobs;

/// <summary>
/// The digest of bytes that come one after the other. libcrypto has the processor's SHA instructions, four times as fast as other code; where it is
/// not installed the BCL would end the program, so there <see cref="Sha256"/> stands in.
/// </summary>
sealed class Hasher : IDisposable
{
    /// <summary>Without it there is no TLS either.</summary>
    public static bool HasLibrary { get; } = FindLibrary();

    private readonly IncrementalHash? _library;
    private readonly Sha256? _own;
    private readonly bool _isSha512;

    public Hasher(string algorithm = "sha256")
        : this(algorithm, HasLibrary)
    {
    }

    public Hasher(string algorithm, bool usesLibrary)
    {
        _isSha512 = algorithm == "sha512";
        if (usesLibrary)
        {
            _library = IncrementalHash.CreateHash(_isSha512 ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256);
        }
        else
        {
            _own = !_isSha512 ? new Sha256() : throw new ImageError("verify a sha512 digest: libcrypto is not installed");
        }
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _library?.AppendData(bytes);
        _own?.Append(bytes);
    }

    /// <summary>The last call.</summary>
    public Digest Finish()
    {
        Span<byte> hash = stackalloc byte[_isSha512 ? 64 : 32];
        _library?.GetHashAndReset(hash);
        _own?.Finish(hash);
        return _isSha512 ? Digest.OfSha512(hash) : Digest.OfSha256(hash);
    }

    public void Dispose() => _library?.Dispose();

    // As the BCL looks for it: it takes libcrypto through libssl, of these versions, or that of CLR_OPENSSL_VERSION_OVERRIDE.
    private static bool FindLibrary()
    {
        var chosen = Environment.GetEnvironmentVariable("CLR_OPENSSL_VERSION_OVERRIDE");
        string[] versions = ["3", "1.1", "1.0.2", "1.0.0", "10"];
        foreach (var version in chosen is null ? versions : [chosen, .. versions])
        {
            if (NativeLibrary.TryLoad($"libssl.so.{version}", out _))
            {
                return true;
            }
        }
        return false;
    }
}
