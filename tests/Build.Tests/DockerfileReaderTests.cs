using System.Linq;
using System.Text;
using CsCheck;
using SharpRun.Json;
using SharpRun.Oci;
using SharpRun.Oci.Dockerfiles;
using SharpRun.Planning.Tests;
using Xunit;

namespace SharpRun.Image.Build.Tests;

public sealed class DockerfileReaderTests
{
    private const string Everything = """
        # escape=\
        # syntax=docker/dockerfile:1

        # a comment
        ARG base=debian VERSION
        FROM --platform=$BUILDPLATFORM ${base}:${VERSION:-12} AS Builder
        env old  value with  blanks
        ENV a=1 b="two words" c=three\ words d='$a'
        LABEL "com.example.x"="y z" plain=1 \
              # a comment inside

              more=2
        ARG ONE TWO=2
        RUN apt-get update && \
            apt-get install -y x \
        # left out
            && true
        RUN ["/bin/sh", "-c", "echo \"a\""]
        RUN [ -f /x ] && echo yes
        COPY --chown=me:us --chmod=0644 a* "b" /dest/
        COPY --from=Builder ["a b", "/c d"]
        ADD x.tar.gz /
        RUN <<EOF
        first
          second \
        EOF
        RUN python3 - <<'A' 2<<-B
        print($x)
        A
        	tabs
        	B
        COPY <<one <<"two" /etc/
        $a
        one
        $b
        two
        FROM scratch
        WORKDIR /a b
        USER 1000:1000
        EXPOSE 80 443/tcp 8000-8002/udp
        VOLUME /data /more
        VOLUME ["/x y"]
        SHELL ["/bin/ash", "-c"]
        STOPSIGNAL SIGTERM
        MAINTAINER me <me@example.org>
        HEALTHCHECK --interval=1m30s --retries=3 CMD curl x
        HEALTHCHECK NONE
        ENTRYPOINT ["a"]
        CMD b $c
        CMD []
        """;

    [Fact]
    public void Every_instruction_form_and_flag_is_read_as_docker_reads_it() => Snapshot.Verify(Dump.Of(Read(Everything)), "everything");

    [Theory]
    [InlineData("", "Dockerfile: there is no FROM in it")]
    [InlineData("# only\n\n", "Dockerfile: there is no FROM in it")]
    [InlineData("RUN x", "Dockerfile:1: RUN: only ARG can stand before the first FROM")]
    [InlineData("FROM a\n\nFOO x", "Dockerfile:3: FOO: there is no such instruction")]
    [InlineData("FROM a\nONBUILD RUN x", "Dockerfile:2: ONBUILD is not supported")]
    [InlineData("FROM a\nRUN --mount=type=cache,target=/x y", "Dockerfile:2: RUN --mount: this flag is not supported")]
    [InlineData("FROM a\nRUN --network=none y", "Dockerfile:2: RUN --network: this flag is not supported")]
    [InlineData("FROM a\nRUN --security=insecure y", "Dockerfile:2: RUN --security: this flag is not supported")]
    [InlineData("FROM a\nCOPY --link a b", "Dockerfile:2: COPY --link: this flag is not supported")]
    [InlineData("FROM a\nADD --from=b a b", "Dockerfile:2: ADD --from: this flag is not supported")]
    [InlineData("FROM a\nCOPY --from=$x a b", "Dockerfile:2: COPY --from=$x: no variable can stand here; FROM $x AS NAME can name it")]
    [InlineData("FROM a\nCOPY --chown= a b", "Dockerfile:2: COPY --chown: the flag needs a value")]
    [InlineData("FROM a\nCOPY --chown=1 --chown=2 a b", "Dockerfile:2: COPY --chown: the flag is given twice")]
    [InlineData("FROM a\nCOPY a", "Dockerfile:2: COPY: at least one source and the destination are expected")]
    [InlineData("FROM a b", "Dockerfile:1: FROM: IMAGE or IMAGE AS NAME is expected")]
    [InlineData("FROM a AS 1b", "Dockerfile:1: FROM … AS 1b: a stage's name begins with a letter, then letters, digits, \"-\", \"_\", \".\"")]
    [InlineData("FROM a AS b\nFROM c as B", "Dockerfile:2: FROM … AS b: there is a stage of this name already")]
    [InlineData("FROM a\nENV x", "Dockerfile:2: ENV x: a value is expected")]
    [InlineData("FROM a\nENV x=1 y", "Dockerfile:2: ENV y: NAME=VALUE is expected")]
    [InlineData("FROM a\nENV =1", "Dockerfile:2: ENV =1: the name is empty")]
    [InlineData("FROM a\nLABEL", "Dockerfile:2: LABEL: an argument is expected")]
    [InlineData("FROM a\nCMD [\"a\", 1]", "Dockerfile:2: only strings can stand in a JSON array")]
    [InlineData("FROM a\nSHELL sh -c", "Dockerfile:2: SHELL: a JSON array of words is expected")]
    [InlineData("FROM a\nRUN <<EOF\nx", "Dockerfile:2: <<EOF: no line with EOF alone ends it")]
    [InlineData("FROM a\nRUN <<EOF\n#!/bin/python\nEOF",
        "Dockerfile:2: RUN <<EOF: a script that names its own program (#!) is not supported; RUN PROGRAM <<EOF is")]
    // mutant: OciCheck.DirectiveIsGivenOnce OciCheck.DockerfileHasNoZero OciCheck.FlagIsGivenOnce OciCheck.FlagIsKnown OciCheck.StageNameIsNew
    [InlineData("FROM a\nHEALTHCHECK CMX x", "Dockerfile:2: HEALTHCHECK CMX: NONE, or CMD and a command, is expected")]
    [InlineData("FROM a\nHEALTHCHECK --interval=1us CMD x", "Dockerfile:2: HEALTHCHECK --interval=1us: a duration as 30s or 1m30s, at least 1ms, is expected")]
    [InlineData("# escape=x\nFROM a", "Dockerfile:1: # escape=x: only \\ and ` can be the escape character")]
    [InlineData("# escape=`\n# escape=`\nFROM a", "Dockerfile:2: # escape=: the directive is given twice")]
    [InlineData("FROM a\nRUN x\0", "Dockerfile:2: there is a zero byte")]
    public void What_is_not_supported_is_refused_with_its_line(string text, string sentence)
    {
        Assert.Equal(sentence, Assert.ThrowsAny<JsonError>(() => Read(text)).Message);
    }

    [Fact]
    public void A_line_that_is_no_utf8_is_named()
    {
        var error = Assert.ThrowsAny<JsonError>(() => DockerfileReader.Read([.. "FROM a\nRUN x\nRUN "u8, 0xFF, .. "\n"u8], "D"));
        Assert.Equal("D:3: this is no UTF-8", error.Message);
    }

    // mutant: OciCheck.DockerfileIsSmall
    [Fact]
    public void A_file_beyond_the_limit_is_refused()
    {
        var error = Assert.ThrowsAny<JsonError>(() => DockerfileReader.Read(new byte[DockerfileLimits.MostBytes + 1], "D"));
        Assert.Equal("read D: it is longer than 1048576 bytes", error.Message);
    }

    // mutant: OciCheck.InstructionsAreFew
    [Fact]
    public void More_instructions_than_the_limit_are_refused()
    {
        var text = "FROM a\n" + string.Concat(Enumerable.Repeat("USER x\n", DockerfileLimits.MostInstructions));
        Assert.Equal("Dockerfile:10001: there are more than 10000 instructions", Assert.ThrowsAny<JsonError>(() => Read(text)).Message);
    }

    // mutant: OciCheck.HeredocsAreFew
    [Fact]
    public void More_heredocs_than_the_limit_are_refused()
    {
        var words = Enumerable.Range(0, DockerfileLimits.MostHeredocs + 1).Select(i => $"<<E{i}").ToArray();
        var text = $"FROM a\nCOPY {string.Join(' ', words)} /\n" + string.Concat(words.Select(word => word[2..] + "\n"));
        Assert.Equal("Dockerfile:2: more than 100 heredocs in one instruction", Assert.ThrowsAny<JsonError>(() => Read(text)).Message);
    }

    [Fact]
    public void The_other_escape_character_continues_lines_and_the_usual_one_is_a_letter()
    {
        var tree = Read("# escape=`\nFROM a\nRUN dir c:\\`\n  more\\\nENV a=b` c");
        Assert.Equal("dir c:\\  more\\", ((RunInstruction)tree.Stages[0].Instructions[0]).Command.Words[0]);
        Assert.Equal("b` c", ((EnvInstruction)tree.Stages[0].Instructions[1]).Pairs[0].Value);
    }

    [Fact]
    public void A_directive_behind_the_first_comment_is_a_comment()
    {
        Assert.Equal('\\', Read("# hello\n# escape=`\nFROM a").Escape);
    }

    [Fact]
    public void Windows_line_ends_and_a_byte_order_mark_mean_nothing()
    {
        var tree = Read("\uFEFFFROM a\r\nRUN x \\\r\n y\r\nRUN <<E\r\nz\r\nE\r\n");
        Assert.Equal("x  y", ((RunInstruction)tree.Stages[0].Instructions[0]).Command.Words[0]);
        Assert.Equal("z\r\n", ((RunInstruction)tree.Stages[0].Instructions[1]).Command.Words[0]);
    }

    [Fact]
    public void Where_a_line_is_continued_does_not_change_what_is_read()
    {
        // Words with blanks between them, on one line or on several with comments between.
        var word = Gen.String[Gen.Char["abcXYZ019=_./-"], 1, 8];
        Gen.Select(word.Array[1, 8], Gen.Int[0, 3].Array[8]).Sample((words, joints) =>
        {
            string[] joint = [" ", " \\\n ", " \\\n# comment\n ", " \\\n\n\n ",];
            var text = words[0];
            for (var i = 1; i < words.Length; i++)
            {
                text += joint[joints[i]] + words[i];
            }
            var run = (RunInstruction)Read("FROM a\nRUN x " + text).Stages[0].Instructions[0];
            Assert.Equal("x " + string.Join(' ', words), string.Join(' ', run.Command.Words[0].Split(' ', System.StringSplitOptions.RemoveEmptyEntries)));
        }, iter: 2000);
    }

    // mutant: OciCheck.CopyHasADestination
    [Fact]
    public void Any_bytes_are_read_or_refused_by_one_sentence()
    {
        string[] pieces =
        [
            "FROM a\n", "RUN ", "COPY ", "ENV ", "<<E", "\nE\n", "\\", "\n", "#", " ", "\"", "'", "$", "${", "}", "[", "]", ",", "--from=", "=", "\0",
            "é", "\t", "`",
            "# escape=`\n", "HEALTHCHECK ", "--interval=", "1s", "AS ", "ARG ", "LABEL ", "\r",
        ];
        Gen.Int[0, pieces.Length - 1].Array[0, 40].Sample(choice =>
        {
            var text = string.Concat(choice.Select(one => pieces[one]));
            try
            {
                Assert.NotEmpty(Dump.Of(Read(text)));
            }
            catch (JsonError error)
            {
                Assert.StartsWith("Dockerfile:", error.Message, System.StringComparison.Ordinal);
            }
        }, iter: 20_000);
    }

    private static DockerfileTree Read(string text) => DockerfileReader.Read(Encoding.UTF8.GetBytes(text), "Dockerfile");
}
