using System.Linq;
using Xunit;

namespace SharpRun.Planning.Tests;

/// <summary>When a read-only tmpfs is read-only from its beginning, and when it is filled first.</summary>
public sealed class ReadonlyMountTests
{
    private static string LaterReadonly(string mounts, string devices = "[]", string cwd = "/", bool isNotified = false) => string.Join(' ', Planner.Create(
        Bundle.Read(Bundle.Edit(Bundle.Edit(Bundle.With("mounts", mounts), "linux.devices", devices), "process.cwd", $"\"{cwd}\"")), Hosts.All["v2-6.18"],
        new CreateOptions { Id = "c1", Bundle = "/bundle", StateRoot = "/run/sharprun", HasNotifySocket = isNotified })
        .Steps.OfType<MakeMountReadonly>().Select(step => step.Target.ToString()));

    private static string Tmpfs(string at, string options = "\"ro\"") => $$"""{"destination":"{{at}}","type":"tmpfs","source":"tmpfs","options":[{{options}}]}""";

    [Fact]
    public void What_is_filled_becomes_read_only_later() => Assert.Equal("/a", LaterReadonly($"[{Tmpfs("/a")},{Tmpfs("/a/b")}]"));

    [Fact]
    public void Dev_is_filled_with_devices() => Assert.Equal("/dev", LaterReadonly($"[{Tmpfs("/dev")}]"));

    [Fact]
    public void So_is_where_the_config_has_devices() => Assert.Equal("/a", LaterReadonly($"[{Tmpfs("/a")}]", """[{"path":"/a/x","type":"c","major":1,"minor":3}]"""));

    [Fact]
    public void So_is_where_the_working_directory_is() => Assert.Equal("/a", LaterReadonly($"[{Tmpfs("/a")},{Tmpfs("/b")}]", cwd: "/x/../a/b"));

    [Fact]
    public void So_is_where_the_notification_socket_is() => Assert.Equal("/run", LaterReadonly($"[{Tmpfs("/run")},{Tmpfs("/b")}]", isNotified: true));

    [Fact]
    public void What_is_not_filled_is_read_only_at_once() => Assert.Equal("", LaterReadonly($"[{Tmpfs("/a/b")},{Tmpfs("/a")},{Tmpfs("/ab")}]"));

    [Fact]
    public void Nothing_is_made_read_only_that_did_not_ask() => Assert.Equal("", LaterReadonly($"[{Tmpfs("/a", "")},{Tmpfs("/a/b", "")}]"));

    [Fact]
    public void What_a_later_mount_covers_is_not_looked_for() => Assert.Equal("", LaterReadonly($"[{Tmpfs("/a")},{Tmpfs("/a/b")},{Tmpfs("/a", "")}]"));
}
