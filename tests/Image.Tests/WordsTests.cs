using System.IO;
using System.IO.Pipes;
using System.Text;
using SharpRun.CommandLine;
using SharpRun.Image.Cli;
using SharpRun.Image.Registry;
using Xunit;

namespace SharpRun.Image.Tests;

public sealed class WordsTests
{
    [Theory]
    [InlineData("UPPER")]
    [InlineData("")]
    [InlineData("oci:")]
    [InlineData("sha256:00")]
    [InlineData("https://ghcr.io/me/app")]
    public void A_word_that_is_no_image_name_is_a_wrong_argument(string word) => Assert.Throws<UsageError>(() => Words.Image(word));

    [Fact]
    public void Names_for_the_registry_may_have_the_transport_in_front()
    {
        Assert.Equal("ghcr.io", Words.Host("docker://ghcr.io"));
        Assert.Equal("ghcr.io/me/app", Words.Repository("docker://ghcr.io/me/app").Name);
        Assert.Throws<UsageError>(() => Words.Host("docker:/ghcr.io"));
        Assert.Throws<UsageError>(() => Words.Platform("linux"));
    }

    [Fact]
    public void A_file_of_settings_may_be_a_pipe()
    {
        using var writing = new AnonymousPipeServerStream(PipeDirection.Out);
        writing.Write(Encoding.UTF8.GetBytes("""{"auths":{"r.example":{"auth":"YTpi"}}}"""));
        var path = $"/proc/self/fd/{writing.ClientSafePipeHandle.DangerousGetHandle()}";
        using var reading = File.Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        writing.Dispose();
        Assert.Equal("a", CredentialFile.Load(path).Find("r.example", "x")?.User);
    }

    [Fact]
    public void What_is_removed_is_a_line_whatever_another_tool_has_named_it() =>
        Assert.Equal("two\\u000alines\nx\n", Remove.Lines(["two\nlines", "x"]));
}
