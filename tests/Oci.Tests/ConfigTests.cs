using System;
using System.Text;
using SharpRun.Json;
using Xunit;

namespace SharpRun.Oci.Tests;

public class ConfigTests
{
    [Fact]
    public void A_config_is_read()
    {
        var image = Samples.ParseConfig();
        var config = image.Config;
        Assert.Equal(("2020-01-02T03:04:05.678901234Z", "me", "linux/arm64/v8"), (image.Created, image.Author, image.Platform.ToString()));
        Assert.Equal(("www:web", "/w", "SIGQUIT"), (config.User, config.WorkingDir, config.StopSignal));
        Assert.Equal(["80/tcp", "53/udp"], config.ExposedPorts!);
        Assert.Equal(["A=b", "C=d=e"], config.Env!);
        Assert.Equal(["/e"], config.Entrypoint!);
        Assert.Equal(["c", ""], config.Cmd!);
        Assert.Equal(["/data"], config.Volumes!);
        Assert.Equal("m", config.Labels!["l"]);
        Assert.Equal(["/bin/bash", "-c"], config.Shell!);
        Assert.Equal(["RUN x"], config.OnBuild!);
        Assert.Equal(5, config.Healthcheck!.Value.GetProperty("Interval").GetInt32());
        Assert.Equal([Samples.Sha, Samples.Other], System.Linq.Enumerable.Select(image.DiffIds, digest => digest.Text));
        Assert.Equal((false, true), (image.History[0].EmptyLayer, image.History[1].EmptyLayer));
        Assert.Equal(["os.version", "docker_version", "container_config"], image.Unknown.Names);
    }

    [Fact]
    public void What_is_absent_is_not_what_is_empty()
    {
        var image = Samples.ParseConfig("""{"config":{"Cmd":null,"Entrypoint":[],"User":""},"rootfs":{"type":"layers","diff_ids":null},"history":null}""");
        Assert.Null(image.Config.Cmd);
        Assert.Empty(image.Config.Entrypoint!);
        Assert.Null(image.Config.User);
        Assert.Empty(image.DiffIds);
    }

    // mutant: OciCheck.DigestIsWellFormed JsonCheck.LetterCaseIsRight JsonCheck.NameIsGivenOnce OciCheck.RootfsIsLayers
    [Theory]
    [InlineData("\"type\":\"layers\"", "\"type\":\"other\"", "rootfs.type: \"other\" is not \"layers\", the only kind there is")]
    [InlineData("\"type\":\"layers\"", "\"x\":0", "rootfs.type: the member is missing")]
    [InlineData("\"rootfs\"", "\"rootfx\"", "rootfs: the member is missing")]
    [InlineData(Samples.Other, "md5:00", "rootfs.diff_ids[1]: \"md5:00\" is no sha256 or sha512 digest")]
    [InlineData("[\"/e\"]", "\"/e\"", "config.Entrypoint: an array is expected, found a string")]
    [InlineData("[\"c\",\"\"]", "[\"c\",1]", "config.Cmd[1]: a string is expected, found a number")]
    [InlineData("{\"/data\":{}}", "[\"/data\"]", "config.Volumes: an object is expected, found an array")]
    [InlineData("\"empty_layer\":true", "\"empty_layer\":\"true\"", "history[1].empty_layer: true or false is expected, found a string")]
    [InlineData("\"ArgsEscaped\":true", "\"env\":[]", "config: \"env\" is not \"Env\": letter case matters")]
    [InlineData("\"Interval\":5", "\"Interval\":5,\"Interval\":6", "config.Healthcheck: \"Interval\" is given twice")]
    public void A_wrong_config_is_refused_by_the_place(string from, string to, string problem)
    {
        Assert.Contains(from, Samples.Config, StringComparison.Ordinal);
        var message = Assert.ThrowsAny<JsonError>(() => Samples.ParseConfig(Samples.Config.Replace(from, to, StringComparison.Ordinal))).Message;
        Assert.Equal($"config {Samples.Sha}: {problem}", message);
    }

    // mutant: JsonCheck.ItemsAreFew
    [Fact]
    public void The_number_of_diff_ids_is_limited()
    {
        static string Config(int number) =>
            $$$"""{"rootfs":{"type":"layers","diff_ids":[{{{string.Join(',', System.Linq.Enumerable.Repeat($"\"{Samples.Sha}\"", number))}}}]}}""";
        Assert.Equal(OciLimits.MaxLayers, Samples.ParseConfig(Config(OciLimits.MaxLayers)).DiffIds.Count);
        Assert.ThrowsAny<JsonError>(() => Samples.ParseConfig(Config(OciLimits.MaxLayers + 1)));
    }

    // The figures of image-spec's own example of a chain: sha256 of "A B" and so on.
    [Fact]
    public void A_chain_id_is_the_hash_of_what_is_below_and_the_diff_id()
    {
        var one = Digest.Parse(Samples.Sha, "x");
        var two = Digest.Parse(Samples.Other, "x");
        var chain = ChainId.OfAll([one, two, one]);
        Assert.Equal(one, chain[0]);
        Assert.Equal(Digest.Of(Encoding.ASCII.GetBytes($"{Samples.Sha} {Samples.Other}")), chain[1]);
        Assert.Equal(Digest.Of(Encoding.ASCII.GetBytes($"{chain[1]} {Samples.Sha}")), chain[2]);
        // printf '%s %s' A B | sha256sum
        Assert.Equal("sha256:ccd722928bd92476ba1745586fed6e45a102504185ad88cd89e01ff116fd146c", chain[1].Text);
    }
}
