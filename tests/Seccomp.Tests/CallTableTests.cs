using System;
using System.IO;
using System.Linq;
using Xunit;

namespace SharpRun.Seccomp.Tests;

public sealed class CallTableTests
{
    /// <summary>The program that makes the table, run by hand; see <see cref="CallTableText"/>.</summary>
    [Fact(Explicit = true)]
    public void The_table_is_what_the_given_headers_say()
    {
        var path = Path.Combine(Repository.Root, "src", "Seccomp", "CallTable.Generated.cs");
        var text = CallTableText.Of(Environment.GetEnvironmentVariable("SHARPRUN_HEADERS") ?? "/usr/lib/linux/uapi");
        if (File.ReadAllText(path) != text)
        {
            File.WriteAllText(path, text);
            Assert.Fail($"{path} is written anew");
        }
    }

    /// <summary>Numbers never change, so older headers must be a part of the table.</summary>
    [Theory]
    [InlineData(Architecture.X86_64)]
    [InlineData(Architecture.X86)]
    [InlineData(Architecture.X32)]
    [InlineData(Architecture.Arm64)]
    public void The_table_has_every_call_of_the_installed_headers(Architecture architecture)
    {
        var calls = CallTableText.Installed(architecture);
        Assert.SkipUnless(calls is not null, "no headers (Debian's linux-libc-dev, linux-libc-dev-arm64-cross)");
        Assert.InRange(calls!.Count, 280, CallTable.Count);
        Assert.Empty(calls.Where(call => CallTable.Find(call.Key) is var found && (found < 0 || CallTable.Number(found, architecture) != call.Value)));
    }

    [Fact]
    public void Every_name_is_found_at_its_place_and_no_other()
    {
        for (var i = 0; i < CallTable.Count; i++)
        {
            var name = CallTable.Name(i);
            Assert.Equal(i, CallTable.Find(name));
            Assert.Equal(-1, CallTable.Find(name + "!"));
        }
        Assert.Equal(-1, CallTable.Find(""));
        Assert.Equal(-1, CallTable.Find("Read"));
    }
}

static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "global.json")))
        {
            directory = Path.GetDirectoryName(directory) ?? throw new DirectoryNotFoundException("no global.json above the tests");
        }
        return directory;
    }
}
