using System;
using System.Linq;
using CsCheck;
using SharpRun.Json;
using Xunit;

namespace SharpRun.Oci.Tests;

public class NameTests
{
    private const string Digits = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    [Theory]
    [InlineData("ubuntu", "docker.io", "library/ubuntu", "latest", "ubuntu:latest")]
    [InlineData("ubuntu:22.04", "docker.io", "library/ubuntu", "22.04", "ubuntu:22.04")]
    [InlineData("me/x", "docker.io", "me/x", "latest", "me/x:latest")]
    [InlineData("docker.io/x", "docker.io", "library/x", "latest", "x:latest")]
    [InlineData("index.docker.io/me/x", "docker.io", "me/x", "latest", "me/x:latest")]
    [InlineData("localhost/x", "localhost", "x", "latest", "localhost/x:latest")]
    [InlineData("localhost:5000/a/b/c:T_1.x-y", "localhost:5000", "a/b/c", "T_1.x-y", "localhost:5000/a/b/c:T_1.x-y")]
    [InlineData("host:5000/x", "host:5000", "x", "latest", "host:5000/x:latest")]
    [InlineData("HOST/x", "HOST", "x", "latest", "HOST/x:latest")]
    [InlineData("ghcr.io/a/b-c__d.e_f--g", "ghcr.io", "a/b-c__d.e_f--g", "latest", "ghcr.io/a/b-c__d.e_f--g:latest")]
    [InlineData("[::1]:5000/x:1", "[::1]:5000", "x", "1", "[::1]:5000/x:1")]
    [InlineData("127.0.0.1:80/x", "127.0.0.1:80", "x", "latest", "127.0.0.1:80/x:latest")]
    [InlineData("docker.io/a.b/x", "docker.io", "a.b/x", "latest", "docker.io/a.b/x:latest")]
    [InlineData("localhost", "docker.io", "library/localhost", "latest", "localhost:latest")]
    [InlineData("host:5000", "docker.io", "library/host", "5000", "host:5000")]
    public void A_name_is_read_as_docker_reads_it(string text, string host, string repository, string tag, string familiar)
    {
        var name = RegistryReference.Parse(text);
        Assert.Equal((host, repository, tag, null, familiar), (name.Host, name.Repository, name.Tag, name.Digest, name.Familiar));
        Assert.Equal($"{host}/{repository}:{tag}", name.ToString());
    }

    [Fact]
    public void A_digest_wins_over_the_tag_and_both_are_kept()
    {
        var alone = RegistryReference.Parse($"x@sha256:{Digits}");
        Assert.Equal((null, $"sha256:{Digits}", $"docker.io/library/x@sha256:{Digits}"), (alone.Tag, alone.Wanted, alone.ToString()));
        var both = RegistryReference.Parse($"h:1/x:t@sha256:{Digits}");
        Assert.Equal(("t", $"sha256:{Digits}", $"h:1/x:t@sha256:{Digits}"), (both.Tag, both.Wanted, both.ToString()));
        Assert.Equal("h:1/x:u", both.WithTag("u").ToString());
        Assert.Equal(128, RegistryReference.Parse($"x@sha512:{Digits}{Digits}").Digest!.Value.Hex.Length);
    }

    [Theory]
    [InlineData("", "an image's name is empty")]
    [InlineData("Ubuntu", "\"Ubuntu\" is no image name: a repository has only lower-case letters")]
    [InlineData("h.io/A", "\"h.io/A\" is no image name: a repository has only lower-case letters")]
    [InlineData("a//b", "a word between its slashes is empty")]
    [InlineData("/a", "a word between its slashes is empty")]
    [InlineData("a/", "a word between its slashes is empty")]
    [InlineData("a..b", "is not made of letters, digits and single . _ - between them")]
    [InlineData("a___b", "is not made of")]
    [InlineData("-a", "is not made of")]
    [InlineData("a-", "is not made of")]
    [InlineData("a b", "is not made of")]
    [InlineData("a:", "\"\" is no tag")]
    [InlineData("a:.b", "\".b\" is no tag")]
    [InlineData("a:b/c", "is no port")]
    [InlineData("a:0/c", "is no port")]
    [InlineData("a:65536/c", "is no port")]
    [InlineData("-h.x/c", "is no host")]
    [InlineData("[::1/c", "is no host")]
    [InlineData("a@sha256:00", "\"sha256:00\" is no sha256 or sha512 digest")]
    [InlineData("a@b@c", "is no sha256 or sha512 digest")]
    [InlineData(Digits, "64 hexadecimal digits are an image's id; write sha256: before them")]
    [InlineData("é", "is not made of")]
    [InlineData("../etc", "is no host")]
    [InlineData("x/../etc", "is not made of")]
    public void What_is_no_name_is_refused_by_a_sentence(string text, string problem) =>
        Assert.Contains(problem, Assert.ThrowsAny<JsonError>(() => RegistryReference.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("md5:00")]
    [InlineData("")]
    [InlineData("sha256:")]
    [InlineData("sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("sha512:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void What_is_no_digest_is_refused(string text) => Assert.False(Digest.TryParse(text, out _));

    // mutant: OciCheck.ImageNameIsShort
    [Fact]
    public void Lengths_are_limited()
    {
        Assert.Equal(128, RegistryReference.Parse("a:" + new string('t', 128)).Tag!.Length);
        Assert.Contains("is no tag", Assert.ThrowsAny<JsonError>(() => RegistryReference.Parse("a:" + new string('t', 129))).Message, StringComparison.Ordinal);
        RegistryReference.Parse(new string('a', 255));
        Assert.Contains("longer than 255", Assert.ThrowsAny<JsonError>(() => RegistryReference.Parse(new string('a', 256))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_repository_alone_has_neither_tag_nor_digest()
    {
        Assert.Equal("library/x", RegistryReference.ParseRepository("x").Repository);
        Assert.Contains("without a tag", Assert.ThrowsAny<JsonError>(() => RegistryReference.ParseRepository("x:1")).Message, StringComparison.Ordinal);
        Assert.Contains("without a digest", Assert.ThrowsAny<JsonError>(() => RegistryReference.ParseRepository($"x@sha256:{Digits}")).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ghcr.io", "ghcr.io")]
    [InlineData("https://ghcr.io/", "ghcr.io")]
    [InlineData("http://localhost:5000", "localhost:5000")]
    [InlineData("https://index.docker.io/v1/", "docker.io")]
    [InlineData("registry-1.docker.io", "docker.io")]
    public void A_host_is_read(string text, string host) => Assert.Equal(host, RegistryReference.ParseHost(text));

    // mutant: OciCheck.HostIsOne
    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a:b")]
    [InlineData("a b")]
    public void What_is_no_host_is_refused(string text) => Assert.ThrowsAny<JsonError>(() => RegistryReference.ParseHost(text));

    [Fact]
    public void Transports_are_told_apart()
    {
        Assert.Equal("h:1/x:latest", Assert.IsType<ImageName.Registry>(ImageName.Parse("docker://h:1/x")).Reference.ToString());
        Assert.Equal("docker.io/library/x:latest", Assert.IsType<ImageName.Bare>(ImageName.Parse("x")).Reference.ToString());
        Assert.Equal("docker.io/library/docker:1", Assert.IsType<ImageName.Bare>(ImageName.Parse("docker:1")).Reference.ToString());
        Assert.Equal(Digits, Assert.IsType<ImageName.Content>(ImageName.Parse("sha256:" + Digits)).Digest.Hex);
        Assert.Equal(new ImageName.OciLayout("oci:a/b", "a/b", null), ImageName.Parse("oci:a/b"));
        Assert.Equal(new ImageName.OciLayout("oci:/a:b/c:1", "/a", "b/c:1"), ImageName.Parse("oci:/a:b/c:1"));
        Assert.Equal(new ImageName.OciArchive("oci-archive:x.tar:1", "x.tar", "1"), ImageName.Parse("oci-archive:x.tar:1"));
        var archive = Assert.IsType<ImageName.DockerArchive>(ImageName.Parse("docker-archive:x.tar:me/y"));
        Assert.Equal(("x.tar", "docker.io/me/y:latest"), (archive.Path, archive.Reference!.ToString()));
        Assert.Null(Assert.IsType<ImageName.DockerArchive>(ImageName.Parse("docker-archive:x.tar")).Reference);
        Assert.Equal(new ImageName.Directory("dir:/a:b", "/a:b"), ImageName.Parse("dir:/a:b"));
        Assert.Equal("oci:a/b", ImageName.Parse("oci:a/b").ToString());
    }

    [Theory]
    [InlineData("oci:", "names no directory")]
    [InlineData("oci::x", "names no directory")]
    [InlineData("oci-archive:", "names no file")]
    [InlineData("docker-archive::x", "names no file")]
    [InlineData("dir:", "names no directory")]
    [InlineData("oci:a:-b", "is no reference of a layout")]
    [InlineData("oci:a:b//c", "is no reference of a layout")]
    [InlineData("oci:a:b c", "is no reference of a layout")]
    [InlineData("docker-archive:a:B", "lower-case")]
    [InlineData("docker://", "empty")]
    [InlineData("https://ghcr.io/x", "write docker://HOST/NAME")]
    [InlineData("containers-storage:x", "is not supported")]
    [InlineData("docker-daemon:x", "is not supported")]
    public void What_names_no_image_is_refused(string text, string problem) =>
        Assert.Contains(problem, Assert.ThrowsAny<JsonError>(() => ImageName.Parse(text)).Message, StringComparison.Ordinal);

    private static readonly Gen<string> s_word =
        Gen.Select(Gen.String[Gen.Char["abc019"], 1, 4], Gen.OneOf("", ".x", "_y", "__z", "---0"), (start, end) => start + end);
    private static readonly Gen<string> s_repository = s_word.Array[1, 4].Select(words => string.Join('/', words));
    private static readonly Gen<string> s_host = Gen.OneOf("localhost", "ghcr.io", "h:5000", "[fe80::1]:1", "A", "10.0.0.1", "docker.io");
    private static readonly Gen<string> s_tag = Gen.Select(Gen.Char["aZ0_"], Gen.String[Gen.Char["aZ0_.-"], 0, 20], (first, rest) => first + rest);

    [Fact]
    public void A_name_that_is_written_is_read_the_same() =>
        Gen.Select(s_host, s_repository, s_tag, Gen.Bool, Gen.Bool).Sample((host, repository, tag, hasTag, hasDigest) =>
        {
            var text = $"{host}/{repository}{(hasTag ? ":" + tag : "")}{(hasDigest ? "@sha256:" + Digits : "")}";
            var name = RegistryReference.Parse(text);
            Assert.Equal((host, hasTag ? tag : hasDigest ? null : "latest", hasDigest), (name.Host, name.Tag, name.Digest is not null));
            Assert.EndsWith(repository, name.Repository, StringComparison.Ordinal);
            Assert.Equal(name, RegistryReference.Parse(name.ToString()));
            Assert.Equal(name, RegistryReference.Parse(name.Familiar));
        });

    // Whatever is accepted has no word that could be a way out of a directory, and no byte that an address needs escaped.
    // mutant: OciCheck.TagIsOne
    [Fact]
    public void No_text_whatever_gives_a_name_that_is_no_path() =>
        Gen.String[Gen.Char["ab/.:@-_A%?#[] \\\n\0é"], 0, 12].Sample(text =>
        {
            try
            {
                var name = RegistryReference.Parse(text);
                Assert.DoesNotContain(name.Repository.Split('/'), word => word is "" or "." or "..");
                Assert.True(name.ToString().All(letter => char.IsAsciiLetterOrDigit(letter) || "/.:@-_[]".Contains(letter, StringComparison.Ordinal)),
                    name.ToString());
            }
            catch (JsonError error)
            {
                Assert.DoesNotContain(error.Message, char.IsControl);
            }
        }, iter: 20000);
}
