using System;
using System.Linq;
using System.Text;
using CsCheck;
using SharpRun.Json;
using Xunit;

namespace SharpRun.Oci.Tests;

public class RegistryWordTests
{
    [Theory]
    [InlineData("Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:x/y:pull,push\"",
        "Bearer[realm=https://a/t|service=s|scope=repository:x/y:pull,push]")]
    [InlineData("bearer  realm = \"a\" , service= b", "bearer[realm=a|service=b]")]
    [InlineData("Basic realm=\"x\", Bearer realm=\"y\",scope=\"z\"", "Basic[realm=x] Bearer[realm=y|scope=z]")]
    [InlineData("Negotiate, Basic realm=\"x\"", "Negotiate[] Basic[realm=x]")]
    [InlineData("Negotiate YWJj==, Basic realm=x", "Negotiate[] Basic[realm=x]")]
    [InlineData("Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\", Basic realm=\"simple\"",
        "Newauth[realm=apps|type=1|title=Login to \"apps\"] Basic[realm=simple]")]
    [InlineData(",, Basic realm=\"x\",,", "Basic[realm=x]")]
    [InlineData("Bearer realm=https://a.b/c?d=e,service=s", "Bearer[realm=https://a.b/c?d=e|service=s]")]
    [InlineData("Basic", "Basic[]")]
    [InlineData("Basic realm=\"\"", "Basic[realm=]")]
    [InlineData("", "")]
    public void Challenges_are_read(string header, string expected) => Assert.Equal(expected, string.Join(' ', Challenge.ParseAll(header).Select(challenge =>
        $"{challenge.Scheme}[{string.Join('|', challenge.Parameters.Select(pair => $"{pair.Key}={pair.Value}"))}]")));

    [Theory]
    [InlineData("Bearer realm=\"x")]
    [InlineData("=x")]
    [InlineData("Basic \"x\"")]
    public void What_is_no_challenge_is_refused(string header) => Assert.ThrowsAny<JsonError>(() => Challenge.ParseAll(header));

    [Fact]
    public void Names_are_compared_without_case()
    {
        var challenge = Challenge.ParseAll("BEARER Realm=x")[0];
        Assert.True(challenge.Is("Bearer"));
        Assert.Equal("x", challenge.Find("realm"));
        Assert.Null(challenge.Find("service"));
    }

    // mutant: OciCheck.ChallengeIsShort
    [Fact]
    public void A_challenge_has_a_greatest_length()
    {
        Challenge.ParseAll("Basic realm=" + new string('x', OciLimits.MaxChallengeLength - 12));
        Assert.ThrowsAny<JsonError>(() => Challenge.ParseAll("Basic realm=" + new string('x', OciLimits.MaxChallengeLength - 11)));
    }

    private static readonly Gen<(string Scheme, (string Name, string Value)[] Parameters)> s_challenge = Gen.Select(
        Gen.OneOf("Bearer", "Basic", "X-1"),
        Gen.Select(Gen.OneOf("realm", "service", "scope", "error"), Gen.String[Gen.Char["ab:/, =\"\\?"], 0, 8]).Array[1, 4]);

    [Fact]
    public void Challenges_that_are_written_with_quotes_are_read_the_same() => s_challenge.Array[1, 4].Sample(challenges =>
    {
        var header = string.Join(", ", challenges.Select(challenge => challenge.Scheme + " " + string.Join(",", challenge.Parameters.Select(parameter =>
            $"{parameter.Name}=\"{parameter.Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\""))));
        var read = Challenge.ParseAll(header);
        Assert.Equal(challenges.Select(challenge => challenge.Scheme), read.Select(challenge => challenge.Scheme));
        foreach (var (written, parsed) in challenges.Zip(read))
        {
            Assert.All(written.Parameters.GroupBy(parameter => parameter.Name), group => Assert.Equal(group.Last().Value, parsed.Find(group.Key)));
        }
    });

    [Fact]
    public void Any_header_is_read_or_refused_by_one_line() => Gen.String[Gen.Char["aB =,\"\\\t\n"], 0, 20].Sample(header =>
    {
        try
        {
            Challenge.ParseAll(header);
        }
        catch (JsonError error)
        {
            Assert.DoesNotContain(error.Message, char.IsControl);
        }
    }, iter: 20000);

    [Theory]
    [InlineData("""{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{"Tag":"x"}}]}""", "manifest unknown (MANIFEST_UNKNOWN)")]
    [InlineData("""{"errors":[{"code":"A"},{"message":"b"},{"code":"A"},3]}""", "A; b")]
    [InlineData("""{"errors":[]}""", null)]
    [InlineData("""{"errors":null,"details":"incorrect username or password"}""", "incorrect username or password")]
    [InlineData("""{"error":"invalid_grant","error_description":"no"}""", "no")]
    [InlineData("""{"message":"x"}""", "x")]
    [InlineData("""{"errors":[{"message":"a\u001b[1m\nb"}]}""", "a\\u001b[1m\\u000ab")]
    [InlineData("""{"errors":[{"message":"\ud800"}]}""", null)]
    [InlineData("<html>", null)]
    [InlineData("[]", null)]
    [InlineData("", null)]
    public void What_a_registry_says_is_one_sentence(string body, string? expected) => Assert.Equal(expected,
        RegistryErrors.SentenceOf(Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void A_body_beyond_the_limit_is_not_looked_at()
    {
        var body = """{"message":"x"}""";
        Assert.Equal("x", RegistryErrors.SentenceOf(Encoding.UTF8.GetBytes(body.PadRight(OciLimits.MaxErrorLength))));
        Assert.Null(RegistryErrors.SentenceOf(Encoding.UTF8.GetBytes(body.PadRight(OciLimits.MaxErrorLength + 1))));
    }
}
