using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using SharpRun.Planning;
using SharpRun.State;
using Xunit;

namespace SharpRun.Tests;

public sealed class StateFileTests
{
    private static ContainerState Full => new()
    {
        Id = "c1",
        Init = new ProcessId(4711, 18_446_744_073_709_551_615),
        Creator = new ProcessId(4710, 99),
        Cgroup = new CgroupRecord(CgroupLayout.Hybrid, ["/sys/fs/cgroup/memory/x/c1", "/sys/fs/cgroup/unified/x/c1"]),
        PidFile = "/b/\"pid\".é",
        HasOwnPidNamespace = true,
        OciVersion = "1.0.2-dev",
        Bundle = "/b",
        Rootfs = "/b/rootfs",
        Created = "2026-11-24T00:24:10.123456700Z",
        Annotations = new Dictionary<string, string> { ["a.b"] = "c\n\"d\"", ["empty"] = "" },
        Poststart = [new Hook("/s", null, null, null)],
        Poststop = [new Hook("/h", ["zero", "a b"], ["A=é"], 7), new Hook("/i", ["i"], [], null)],
    };

    private static void Same(ContainerState expected, ContainerState actual)
    {
        Assert.Equal(expected.Cgroup.Layout, actual.Cgroup.Layout);
        Assert.Equal(expected.Cgroup.Directories, actual.Cgroup.Directories);
        Assert.Equal(expected.Annotations, actual.Annotations);
        Assert.Equivalent(expected.Poststart, actual.Poststart, strict: true);
        Assert.Equivalent(expected.Poststop, actual.Poststop, strict: true);
        expected = expected with { Cgroup = actual.Cgroup, Annotations = actual.Annotations, Poststart = actual.Poststart, Poststop = actual.Poststop };
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void What_is_written_is_read()
    {
        Same(Full, StateFile.Parse(StateFile.Bytes(Full), "c1", out var isDamaged));
        Assert.False(isDamaged);
    }

    [Fact]
    public void The_record_before_anything_exists_is_whole()
    {
        var begun = Full with { Init = default, PidFile = null, Annotations = new Dictionary<string, string>(), Cgroup = CgroupRecord.None };
        Same(begun, StateFile.Parse(StateFile.Bytes(begun), "c1", out var isDamaged));
        Assert.False(isDamaged);
    }

    [Fact]
    public void Unknown_properties_are_ignored()
    {
        var text = Encoding.UTF8.GetString(StateFile.Bytes(Full)).Replace("{\"version\":1,", "{\"new\":{\"pid\":[1,{\"bundle\":2}]},\"version\":7,", StringComparison.Ordinal);
        Same(Full, StateFile.Parse(Encoding.UTF8.GetBytes(text), "c1", out var isDamaged));
        Assert.False(isDamaged);
    }

    [Fact]
    public void A_file_that_was_cut_anywhere_is_damaged_and_tells_what_it_can()
    {
        var bytes = StateFile.Bytes(Full);
        var afterPid = Encoding.UTF8.GetString(bytes).IndexOf("\"creatorPid\"", StringComparison.Ordinal);
        for (var length = 0; length < bytes.Length; length++)
        {
            var state = StateFile.Parse(bytes.AsSpan(0, length), "c1", out var isDamaged);
            Assert.True(isDamaged, $"cut after {length} bytes");
            Assert.Equal("c1", state.Id);
            Assert.True(length < afterPid || state.Init == Full.Init, $"cut after {length} bytes");
        }
    }

    [Fact]
    public void A_file_with_any_byte_changed_throws_nothing()
    {
        var bytes = StateFile.Bytes(Full);
        var damaged = 0;
        for (var at = 0; at < bytes.Length; at++)
        {
            var copy = (byte[])bytes.Clone();
            copy[at] = 0xFF;
            StateFile.Parse(copy, "c1", out var isDamaged);
            damaged += isDamaged ? 1 : 0;
        }
        // Inside a string it may pass; every bracket, number and name must not.
        Assert.True(damaged > bytes.Length / 4);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"bundle\":7}")]
    [InlineData("{\"bundle\":\"/b\",\"pid\":\"1\"}")]
    [InlineData("{\"bundle\":\"/b\",\"pid\":-99999999999}")]
    [InlineData("{\"bundle\":\"/b\",\"cgroups\":\"x\"}")]
    [InlineData("{\"bundle\":\"/b\",\"cgroups\":[1]}")]
    [InlineData("{\"bundle\":\"/b\",\"annotations\":[]}")]
    [InlineData("{\"bundle\":\"/b\",\"ownPidNamespace\":1}")]
    [InlineData("{\"bundle\":\"/b\",\"cgroupLayout\":\"v3\"}")]
    [InlineData("{\"bundle\":\"/b\"} x")]
    public void Other_documents_are_damaged(string text)
    {
        StateFile.Parse(Encoding.UTF8.GetBytes(text), "c1", out var isDamaged);
        Assert.True(isDamaged);
    }

    [Fact]
    public void The_file_is_replaced_whole_and_is_its_owners_alone()
    {
        using var temporary = new TemporaryRoot();
        using var root = StateRoot.OpenOrCreate(temporary.Path);
        var directory = root.Claim("c1");
        Assert.Null(directory.TryRead(out var isDamaged));
        Assert.False(isDamaged);
        directory.Write(Full with { Init = default });
        directory.Write(Full);
        Same(Full, directory.Read());
        Assert.Equal([temporary["c1/state.json"]], Directory.GetFiles(temporary["c1"]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(temporary["c1/state.json"]));
    }

    [Fact]
    public void A_damaged_file_is_told()
    {
        using var temporary = new TemporaryRoot();
        using var root = StateRoot.OpenOrCreate(temporary.Path);
        var directory = root.Claim("c1");
        File.WriteAllText(temporary["c1/state.json"], "{\"pid\":");
        Assert.Contains("damaged", Assert.Throws<StateError>(() => directory.Read()).Message, StringComparison.Ordinal);
        File.Delete(temporary["c1/state.json"]);
        Assert.Equal("container does not exist", Assert.Throws<StateError>(() => directory.Read()).Message);
    }

    [Fact]
    public void The_time_has_nanoseconds() =>
        Assert.Equal("2026-11-24T00:24:10.000000100Z", ContainerState.Timestamp(new DateTime(2026, 11, 24, 0, 24, 10, DateTimeKind.Utc).AddTicks(1)));

    [Fact]
    public void State_prints_what_managers_read()
    {
        var state = Full with { Annotations = new Dictionary<string, string> { ["k"] = "<é>" } };
        Assert.Equal(
            """
            {
              "ociVersion": "1.0.2-dev",
              "id": "c1",
              "pid": 4711,
              "status": "created",
              "bundle": "/b",
              "rootfs": "/b/rootfs",
              "created": "2026-11-24T00:24:10.123456700Z",
              "annotations": {
                "k": "<é>"
              },
              "owner": ""
            }

            """,
            Encoding.UTF8.GetString(StateOutput.Json(state, ContainerStatus.Created)));
    }

    [Fact]
    public void A_stopped_container_has_pid_zero_and_no_annotations_are_left_out()
    {
        var text = Encoding.UTF8.GetString(StateOutput.Json(Full with { Annotations = new Dictionary<string, string>() }, ContainerStatus.Stopped));
        Assert.Contains("\"pid\": 0,", text, StringComparison.Ordinal);
        Assert.Contains("\"status\": \"stopped\",", text, StringComparison.Ordinal);
        Assert.DoesNotContain("annotations", text, StringComparison.Ordinal);
    }
}
