using System;
using System.IO;
using System.Linq;
using SharpRun.Image.Bundle;
using SharpRun.Json;
using SharpRun.Linux;
using SharpRun.Oci;
using Xunit;

namespace SharpRun.Image.Tests;

public sealed class BundleUserTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public BundleUserTests()
    {
        Directory.CreateDirectory(Root + "/etc");
        File.WriteAllText(Passwd,
            "root:x:0:0::/root:/bin/sh\nwww:x:33:34::/var/www:\r\n55:x:0:0::/:\nbig:x:4294967296:0::/:\nminus:x:-1:0::/:\nhomeless:x:9:9\n");
        File.WriteAllText(Root + "/etc/group", "web:x:34:\nextra:x:77:bob,www\nagain:x:77:www\n88:x:99:\n");
    }

    private string Root => _folder["root"];

    private string Passwd => Root + "/etc/passwd";

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "0:0 [0] /root")]
    [InlineData("root", "0:0 [0] /root")]
    [InlineData("www", "33:34 [34,77] /var/www")]
    [InlineData("33", "33:34 [34,77] /var/www")]
    [InlineData("www:", "33:34 [34,77] /var/www")]
    [InlineData("www:extra", "33:77 [77] /var/www")]
    [InlineData("www:5", "33:5 [5] /var/www")]
    [InlineData("1000", "1000:0 [0] -")]
    [InlineData("1000:web", "1000:34 [34] -")]
    [InlineData("55", "55:0 [0] -")]
    [InlineData("5:88", "5:88 [88] -")]
    [InlineData(":web", "0:34 [34] /root")]
    [InlineData("homeless", "9:9 [9] -")]
    [InlineData("4294967294", "4294967294:0 [0] -")]
    public void A_user_is_looked_up_in_the_image(string user, string expected) => Assert.Equal(expected, Text(user));

    [Theory]
    [InlineData("nobody", "\"nobody\" is not in the image's /etc/passwd")]
    [InlineData("www:nobody", "\"nobody\" is not in the image's /etc/group")]
    [InlineData("4294967295", "is no id from 0 to 4294967294")]
    [InlineData("4294967296", "is no id")]
    [InlineData("99999999999999999999", "is no id")]
    [InlineData("big", "is no id")]
    [InlineData("minus", "is no id")]
    [InlineData("-1", "is not in the image's /etc/passwd")]
    [InlineData("1 ", "is not in the image's /etc/passwd")]
    [InlineData("+1", "is not in the image's /etc/passwd")]
    [InlineData("0x0", "is not in the image's /etc/passwd")]
    [InlineData("www:4294967296", "is no id")]
    [InlineData("a:b:c", "at most one colon")]
    public void Nobody_becomes_root_by_mistake(string user, string problem)
    {
        var message = Assert.ThrowsAny<JsonError>(() => Text(user)).Message;
        Assert.StartsWith($"user \"{user}\": ", message, StringComparison.Ordinal);
        Assert.Contains(problem, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ids_need_no_root_file_system_but_names_do()
    {
        Assert.Equal(7u, ImageUser.Of("7:8", null, "/x").Uid);
        var error = Assert.ThrowsAny<JsonError>(() => ImageUser.Of("www", null, "/x"));
        Assert.Contains("there is no root file system at /x", error.Message, StringComparison.Ordinal);
        Assert.Null(ImageRoot.TryOpen(_folder["missing"]));
    }

    [Fact]
    public void A_link_to_the_hosts_file_is_followed_within_the_image()
    {
        File.WriteAllText(_folder["passwd"], "www:x:0:0::/:\n");
        File.Delete(Passwd);
        File.CreateSymbolicLink(Passwd, _folder["passwd"]);
        Assert.ThrowsAny<JsonError>(() => Text("www"));
        File.Delete(Passwd);
        File.CreateSymbolicLink(Passwd, "../../passwd");
        Assert.ThrowsAny<JsonError>(() => Text("www"));
        File.Delete(Passwd);
        File.WriteAllText(Root + "/real", "www:x:12:13::/:\n");
        File.CreateSymbolicLink(Passwd, "/real");
        Assert.Equal("12:13 [13,77] /", Text("www"));
    }

    [Fact]
    public void A_file_of_the_greatest_length_is_read_and_a_larger_one_is_none()
    {
        const string line = "www:x:12:13::/:\n";
        File.WriteAllText(Passwd, line + new string('\n', ImageRoot.MaxFile - line.Length));
        Assert.Equal("12:13 [13,77] /", Text("www"));
        File.AppendAllText(Passwd, "\n");
        Assert.ThrowsAny<JsonError>(() => Text("www"));
        Assert.Equal("0:0 [0] -", Text(""));
    }

    [Fact]
    public void What_is_no_file_of_text_is_none()
    {
        File.WriteAllBytes(Passwd, [.. "www:x:1:2::/:\n"u8, 0xff]);
        Assert.ThrowsAny<JsonError>(() => Text("www"));
        File.Delete(Passwd);
        // A fifo would hang whoever opens it without care.
        Assert.Equal(Errno.OK, Sys.MknodAt(Native.AT_FDCWD, System.Text.Encoding.UTF8.GetBytes(Passwd + "\0"), Native.S_IFIFO | 0x1A4, 0, 0));
        Assert.ThrowsAny<JsonError>(() => Text("www"));
        File.Delete(Passwd);
        Directory.CreateDirectory(Passwd);
        Assert.ThrowsAny<JsonError>(() => Text("www"));
    }

    [Fact]
    public void A_user_has_no_more_groups_than_a_process_can_have()
    {
        File.WriteAllLines(Root + "/etc/group", Enumerable.Range(100, 65536).Select(gid => $"g:x:{gid}:www"));
        Assert.ThrowsAny<JsonError>(() => Text("www"));
    }

    [Fact]
    public void A_home_with_a_control_character_is_none()
    {
        File.WriteAllText(Passwd, "www:x:1:2::/a\tb:\n");
        Assert.Equal("1:2 [2,77] -", Text("www"));
    }

    private string Text(string user)
    {
        using var root = ImageRoot.TryOpen(Root);
        var found = ImageUser.Of(user, root, Root);
        return $"{found.Uid}:{found.Gid} [{string.Join(',', found.Groups)}] {found.Home ?? "-"}";
    }
}
