using System;
using System.Linq;
using System.Text;
using SharpRun.Image.Pack;
using SharpRun.Image.Transports;
using SharpRun.Oci;
using SharpRun.Oci.Dockerfiles;
using Xunit;

namespace SharpRun.Image.Build.Tests;

public sealed class CacheTests
{
    [Fact]
    public void An_entry_is_read_as_it_was_written()
    {
        var cached = new CachedLayer(new ImageLayer(new Descriptor(MediaTypes.LayerGzip, Digest.Of("a"u8), 7), Digest.Of("b"u8)), "2001-02-03T04:05:06Z");
        Assert.Equal(cached, BuildCache.Parse(BuildCache.ToBytes(cached)));
        var nothing = new CachedLayer(null, "2001-02-03T04:05:06Z");
        Assert.Equal(nothing, BuildCache.Parse(BuildCache.ToBytes(nothing)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"created\":1}")]
    [InlineData("{\"digest\":\"sha256:x\",\"diffId\":\"y\",\"created\":\"z\"}")]
    [InlineData("{\"digest\":null}")]
    public void What_is_no_entry_is_as_if_it_were_not_there(string text) => Assert.Null(BuildCache.Parse(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Keys_of_different_words_differ_wherever_the_words_are_cut()
    {
        var keys = new[]
        {
            new CacheKey().Add("a", "b").Finish(),
            new CacheKey().Add("a", "b\n").Finish(),
            new CacheKey().Add("a", "").Add("b", "").Finish(),
            new CacheKey().Add("a", "b").Add("a", "b").Finish(),
            new CacheKey().Add("a", "b\na 1 b").Finish(),
            new CacheKey().Finish(),
        };
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Equal(keys[0], new CacheKey().Add("a", "b").Finish());
    }

    [Fact]
    public void Instructions_change_config_and_history_in_dockers_words()
    {
        var tree = DockerfileReader.Read("""
            FROM scratch
            ENV A="1 2" B=$A
            LABEL x=y
            ARG V=3
            USER me
            CMD echo $A
            EXPOSE 80-81 53/udp
            VOLUME /v
            STOPSIGNAL SIGINT
            SHELL ["/bin/ash", "-c"]
            ENTRYPOINT exec "$0"
            HEALTHCHECK --retries=2 CMD true
            """u8, "D");
        var arguments = new BuildArguments(new System.Collections.Generic.Dictionary<string, string>(), Platform.Host, Platform.Host, "default");
        var scope = new StageScope(new GlobalScope(tree, arguments), arguments, '\\');
        var image = new StageImage(ImageEdit.FromScratch(Platform.Host), scope, "2001-01-01T00:00:00Z");
        foreach (var instruction in tree.Stages[0].Instructions)
        {
            Assert.True(image.Apply(instruction));
        }
        Assert.Equal(["A=1 2", "B="], image.Config.Env);
        Assert.Equal(["/bin/sh", "-c", "echo $A"], image.Config.Cmd);
        Assert.Equal(["/bin/ash", "-c", "exec \"$0\""], image.Config.Entrypoint);
        Assert.Equal(["53/udp", "80/tcp", "81/tcp"], image.Config.ExposedPorts);
        Assert.Equal("""{"Test":["CMD-SHELL","true"],"Retries":2}""", image.Config.Healthcheck.ToString());
        Assert.Equal(
            [
                "ENV A=1 2 B=", "LABEL x=y", "ARG V=3", "USER me", "CMD [\"/bin/sh\" \"-c\" \"echo $A\"]", "EXPOSE [80/tcp 81/tcp 53/udp]",
                "VOLUME [/v]", "STOPSIGNAL SIGINT", "SHELL [/bin/ash -c]",
                "ENTRYPOINT [\"/bin/ash\" \"-c\" \"exec \\\"$0\\\"\"]", "HEALTHCHECK --retries=2 CMD true",
            ],
            image.Edit.History.Select(entry => entry.CreatedBy));
        Assert.All(image.Edit.History, entry => Assert.True(entry.EmptyLayer));
        Assert.Equal("RUN |1 V=3 /bin/sh -c x", HistoryWords.OfRun(image.Scope.Arguments.Count == 1 ? ["/bin/sh", "-c", "x"] : [], image.Scope.Arguments));
    }

    [Fact]
    public void An_entrypoint_keeps_the_cmd_of_its_own_stage_alone()
    {
        var tree = DockerfileReader.Read("FROM scratch\nCMD [\"a\"]\nENTRYPOINT [\"b\"]\nFROM scratch\nENTRYPOINT [\"b\"]"u8, "D");
        var arguments = new BuildArguments(new System.Collections.Generic.Dictionary<string, string>(), Platform.Host, Platform.Host, "default");
        StageImage Of(ImageEdit edit) => new(edit, new StageScope(new GlobalScope(tree, arguments), arguments, '\\'), "");
        var own = Of(ImageEdit.FromScratch(Platform.Host));
        own.Apply(tree.Stages[0].Instructions[0]);
        own.Apply(tree.Stages[0].Instructions[1]);
        Assert.Equal(["a"], own.Config.Cmd);
        var next = Of(own.Edit.Copy());
        next.Apply(tree.Stages[1].Instructions[0]);
        Assert.Null(next.Config.Cmd);
        Assert.Equal(["a"], own.Config.Cmd);
    }
}
