using System;
using System.Text;
using SharpRun.Image.Blobs;
using SharpRun.Json;
using SharpRun.Oci;
using Xunit;

namespace SharpRun.Image.Tests;

public sealed class BlobHashTests
{
    private const string TwoBlocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

    // NIST, "Examples with Intermediate Values", SHA-256 and SHA-512; and of the SHA test vectors for byte-oriented messages.
    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData(TwoBlocks, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    public void Sha256_is_that_of_the_standard(string message, string hash)
    {
        Assert.Equal("sha256:" + hash, Of(Encoding.ASCII.GetBytes(message), usesLibrary: false));
        Assert.Equal("sha256:" + hash, Of(Encoding.ASCII.GetBytes(message), usesLibrary: true));
    }

    [Fact]
    public void Sha256_of_a_million_letters_is_that_of_the_standard()
    {
        var message = new byte[1_000_000];
        message.AsSpan().Fill((byte)'a');
        Assert.Equal("sha256:cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", Of(message, usesLibrary: false));
    }

    [Fact]
    public void Sha512_is_that_of_the_standard()
    {
        using var hasher = new Hasher("sha512");
        hasher.Append("abc"u8);
        Assert.Equal("sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            hasher.Finish().Text);
    }

    [Fact]
    public void Without_libcrypto_sha512_is_an_error() =>
        Assert.Equal("verify a sha512 digest: libcrypto is not installed", Assert.ThrowsAny<JsonError>(() => new Hasher("sha512", usesLibrary: false)).Message);

    [Fact]
    public void Both_ways_give_the_same_in_pieces_of_every_length()
    {
        var message = BlobSamples.Content(1000);
        for (var length = 0; length < 300; length++)
        {
            var expected = Of(message.AsSpan(0, 3 * length), usesLibrary: true);
            using var hasher = new Hasher("sha256", usesLibrary: false);
            for (var i = 0; i < 3; i++)
            {
                hasher.Append(message.AsSpan(i * length, length));
            }
            Assert.Equal(expected, hasher.Finish().Text);
        }
    }

    private static string Of(ReadOnlySpan<byte> message, bool usesLibrary)
    {
        using var hasher = new Hasher("sha256", usesLibrary);
        hasher.Append(message);
        return hasher.Finish().Text;
    }
}
