using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using SharpRun.Cgroups;
using SharpRun.DBus;
using SharpRun.Linux;
using SharpRun.Parent;
using SharpRun.Planning;
using SharpRun.State;
using SharpRun.Systemd;
using Xunit;

namespace SharpRun.Tests;

/// <summary>What is asked of systemd, and what becomes of bad answers. The real one is asked by conformance/suite/systemd.sh.</summary>
public sealed class SystemdTests : IDisposable
{
    private readonly int _limit = Bus.Limit;

    public SystemdTests() => Bus.Limit = 300;

    public void Dispose() => Bus.Limit = _limit;

    private static CgroupPlan Plan => new()
    {
        // Without a hierarchy nothing is made on this machine.
        Layout = CgroupLayout.V1,
        Directories = [],
        Writes = [],
        Unit = new SystemdUnit("a-c1.scope", "a.slice") { Properties = [new("Delegate", "true", ""), new("TasksMax", "uint64 17", "")] },
    };

    private static List<string> Create(CgroupPlan? plan = null)
    {
        var warnings = new List<string>();
        var facts = new HostFacts { Kernel = new KernelVersion(6, 18) };
        using var systemd = SystemdManager.ConnectFor(CgroupManager.Systemd, ref facts)!;
        using var undo = new Undo(warnings.Add);
        CgroupTree.Create(plan ?? Plan, undo).StartUnit(systemd, 4711);
        undo.Forget();
        return warnings;
    }

    private static string Refused() => Assert.Throws<SystemdError>(() => Create()).Message;

    [Fact]
    public void A_unit_is_started_with_its_properties_and_the_process()
    {
        using var systemd = new FakeSystemd();
        Assert.Empty(Create());
        // The signal is asked for before the act.
        Assert.Equal(["Hello", "Get", "Get", "AddMatch", "StartTransientUnit"], systemd.Calls);
        var call = systemd.Started!;
        Assert.Equal(("a-c1.scope", "fail"), (call.TextAt(0), call.TextAt(1)));
        var properties = ((ArrayValue)call.Body[2]).Items.Cast<StructValue>()
            .ToDictionary(pair => pair.Fields[0].AsText()!, pair => ((VariantValue)pair.Fields[1]).Inner);
        Assert.Equal(["Delegate", "TasksMax", "PIDs"], properties.Keys);
        Assert.Equal(new NumberValue('t', 17), properties["TasksMax"]);
        Assert.Equal(("au", 4711ul), (properties["PIDs"].Signature, ((NumberValue)((ArrayValue)properties["PIDs"]).Items[0]).Bits));
    }

    [Theory]
    [InlineData("252.39-1~deb12u1", 252)]
    [InlineData("v255.4-1ubuntu8", 255)]
    [InlineData("257", 257)]
    public void The_version_is_its_first_number(string text, int version)
    {
        using var systemd = new FakeSystemd { Version = text };
        var facts = new HostFacts { Kernel = new KernelVersion(6, 18) };
        SystemdManager.ConnectFor(CgroupManager.Systemd, ref facts)!.Dispose();
        Assert.Equal(version, facts.Systemd!.Version);
    }

    [Fact]
    public void With_another_manager_nothing_is_asked()
    {
        using var systemd = new FakeSystemd();
        var facts = new HostFacts { Kernel = new KernelVersion(6, 18) };
        Assert.Null(SystemdManager.ConnectFor(CgroupManager.Cgroupfs, ref facts));
        Assert.Empty(systemd.Calls);
    }

    [Fact]
    public void A_bus_without_systemd_says_what_it_was_asked()
    {
        using var systemd = new FakeSystemd { Version = "org.freedesktop.DBus.Error.ServiceUnknown" };
        Assert.Equal("systemd: read its property Version: a sentence of the bus", Refused());
    }

    // Anybody on the bus can send a signal: the fake one tells the contrary first.
    // mutant: Check.SystemdJobIsDone Check.SignalIsSystemds Undo.StopUnit
    [Theory]
    [InlineData("failed")]
    [InlineData("timeout")]
    [InlineData("canceled")]
    public void A_job_that_fails_names_the_unit_and_the_result_and_the_unit_is_stopped(string result)
    {
        using var systemd = new FakeSystemd { Starts = { [0] = result } };
        Assert.Equal($"systemd: start a-c1.scope: the job's result is \"{result}\" (journalctl -u a-c1.scope may tell more)", Refused());
        Assert.Equal(["StopUnit", "ResetFailedUnit"], systemd.Calls.Where(call => call is "StopUnit" or "ResetFailedUnit"));
    }

    [Fact]
    public void A_job_without_an_end_is_not_waited_for_for_ever()
    {
        using var systemd = new FakeSystemd { Starts = { [0] = "silence" } };
        Assert.Equal("systemd: start a-c1.scope: the job has not ended in 0.3 s", Refused());
        Assert.Contains("StopUnit", systemd.Calls);
    }

    [Fact]
    public void A_call_without_an_answer_is_an_error()
    {
        using var systemd = new FakeSystemd { Starts = { [0] = "nothing" } };
        Assert.StartsWith("systemd: start a-c1.scope: no answer in 0.3 s from /", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_is_told_in_systemds_words_and_no_unit_is_stopped()
    {
        using var systemd = new FakeSystemd { Starts = { [0] = "org.freedesktop.DBus.Error.InvalidArgs" } };
        Assert.Equal("systemd: start a-c1.scope: a sentence of systemd", Refused());
        Assert.DoesNotContain("StopUnit", systemd.Calls);
    }

    [Fact]
    public void A_cut_connection_is_an_error()
    {
        using var systemd = new FakeSystemd { Starts = { [0] = "cut" } };
        Assert.Matches("^systemd: start a-c1.scope: /.*/bus has cut the connection$", Refused());
    }

    [Fact]
    public void Garbage_is_an_error()
    {
        using var systemd = new FakeSystemd { Starts = { [0] = "garbage" } };
        Assert.Matches("^systemd: start a-c1.scope: what /.*/bus says is not understood: this is not a D-Bus message$", Refused());
    }

    [Theory]
    [InlineData("REJECTED EXTERNAL\r\n", "is not understood: the bus does not accept who we are")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n", "is not understood: the bus does not accept who we are")]
    [InlineData("", "no answer in 0.3 s")]
    public void A_bus_that_does_not_want_us_is_an_error(string greeting, string words)
    {
        using var systemd = new FakeSystemd { Greeting = greeting };
        Assert.Contains(words, Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_unit_of_the_same_name_is_reset_once()
    {
        using var systemd = new FakeSystemd();
        systemd.Starts.InsertRange(0, [SystemdError.UnitExists]);
        Assert.Empty(Create());
        Assert.Equal(["StartTransientUnit", "ResetFailedUnit", "StartTransientUnit"], systemd.Calls[^3..]);
    }

    [Fact]
    public void A_living_unit_of_the_same_name_is_left_alone()
    {
        using var systemd = new FakeSystemd { Starts = { [0] = SystemdError.UnitExists } };
        var error = Assert.Throws<StateError>(() => Create());
        Assert.Equal((ErrorCode.CgroupInUse, "systemd: the unit a-c1.scope exists already"), (error.Code, error.Message));
        Assert.DoesNotContain("StopUnit", systemd.Calls);
    }

    [Fact]
    public void A_property_that_is_no_value_is_told_before_anything_is_asked()
    {
        using var systemd = new FakeSystemd();
        var unit = Plan.Unit! with { Properties = [new("CollectMode", "inactive", "annotations[\"x\"]")] };
        Assert.Equal("annotations[\"x\"]", Assert.Throws<SpecError>(() => Create(Plan with { Unit = unit })).Path);
        Assert.DoesNotContain("StartTransientUnit", systemd.Calls);
    }

    [Fact]
    public void Without_a_bus_the_error_says_what_to_do()
    {
        string address;
        using (var systemd = new FakeSystemd())
        {
            address = Environment.GetEnvironmentVariable("DBUS_SYSTEM_BUS_ADDRESS")!;
        }
        Environment.SetEnvironmentVariable("DBUS_SYSTEM_BUS_ADDRESS", address);
        try
        {
            Assert.Matches("^systemd is not running on this host .*cgroupfs", Refused());
            Environment.SetEnvironmentVariable("DBUS_SYSTEM_BUS_ADDRESS", "tcp:host=a");
            Assert.Contains("no unix socket", Refused(), StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("DBUS_SYSTEM_BUS_ADDRESS", null);
        }
    }

    [Fact]
    public void Update_tells_systemd_the_limits_and_leaves_the_devices_alone()
    {
        using var systemd = new FakeSystemd();
        CgroupWrite[] writes = [new(0, "pids.max", "18", "linux.resources.pids.limit"), new(1, "devices.allow", "a", "linux.resources.devices")];
        using var unit = new UnitLimits(new CgroupRecord(CgroupLayout.V1, []) { Unit = "a-c1.scope" }, writes);
        Assert.Equal(["Hello", "Get", "GetUnit", "Get"], systemd.Calls);
        unit.Set();
        Assert.Equal("TasksMax=18", Show(systemd.Sets[^1]));
        unit.PutBack();
        Assert.Equal("TasksMax=7", Show(systemd.Sets[^1]));
    }

    // mutant: Undo.PutPropertiesBack
    [Fact]
    public void An_update_that_fails_after_systemd_has_heard_of_it_puts_both_back()
    {
        using var systemd = new FakeSystemd();
        using var root = new TemporaryRoot();
        var file = Path.Combine(root.Path, "pids.max");
        File.WriteAllText(file, "17");
        var plan = Plan with { Directories = [new("pids", root.Path, "")], Writes = [new(0, "pids.max", "18", "linux.resources.pids.limit")] };
        // First the file is in the way, and when all is put back it is there again.
        systemd.OnSet = () =>
        {
            if (systemd.Sets.Count == 1)
            {
                File.Delete(file);
                Directory.CreateDirectory(file);
            }
            else
            {
                Directory.Delete(file);
                File.WriteAllText(file, "of systemd");
            }
        };
        var groups = new[] { Sys.Open(Native.AT_FDCWD, new CString(root.Path), Native.O_PATH | Native.O_DIRECTORY).OrThrow("open") };
        using var unit = new UnitLimits(new CgroupRecord(CgroupLayout.V1, []) { Unit = "a-c1.scope" }, plan.Writes);
        var warnings = new List<string>();
        using (var undo = new Undo(warnings.Add))
        {
            Assert.Throws<ErrnoException>(() => Updater.Write(plan, groups, unit, undo));
        }
        Sys.Close(groups[0]);
        Assert.Empty(warnings);
        Assert.Equal(["TasksMax=18", "TasksMax=7"], systemd.Sets.Select(Show));
        Assert.StartsWith("17", File.ReadAllText(file), StringComparison.Ordinal);
    }

    [Fact]
    public void Update_of_what_systemd_does_not_know_is_not_told()
    {
        using var systemd = new FakeSystemd();
        using var unit = new UnitLimits(new CgroupRecord(CgroupLayout.V1, []) { Unit = "a-c1.scope" }, [new(0, "hugetlb.2MB.max", "0", "")]);
        unit.Set();
        unit.PutBack();
        Assert.Equal(["Hello", "Get"], systemd.Calls);
    }

    private static string Show(Message call) => string.Join(' ', ((ArrayValue)call.Body[2]).Items.Cast<StructValue>()
        .Select(pair => $"{pair.Fields[0].AsText()}={((NumberValue)((VariantValue)pair.Fields[1]).Inner).Bits}"));

    [Fact]
    public void Delete_stops_the_unit_that_the_record_names()
    {
        using var systemd = new FakeSystemd();
        using var container = new FakeContainer();
        container.StartWaitingInit();
        container.Change(state => state with { Cgroup = new CgroupRecord(CgroupLayout.V1, []) { Unit = "a-c1.scope" } });
        Deleter.Delete(container.Directory, force: true, _ => { });
        Assert.True(container.IsRemoved);
        Assert.Equal(["Hello", "AddMatch", "StopUnit", "ResetFailedUnit"], systemd.Calls);
    }

    [Fact]
    public void Delete_of_a_unit_that_is_gone_is_no_error()
    {
        using var systemd = new FakeSystemd { Stop = SystemdError.NoSuchUnit };
        using var container = new FakeContainer();
        container.Change(state => state with { Cgroup = new CgroupRecord(CgroupLayout.V1, []) { Unit = "a-c1.scope" } });
        Deleter.Delete(container.Directory, force: true, _ => { });
        Assert.True(container.IsRemoved);
    }

    [Fact]
    public void A_unit_that_does_not_stop_keeps_the_record()
    {
        using var systemd = new FakeSystemd { Stop = "timeout" };
        using var container = new FakeContainer();
        container.Change(state => state with { Cgroup = new CgroupRecord(CgroupLayout.V1, []) { Unit = "a-c1.scope" } });
        var error = Assert.Throws<StateError>(() => Deleter.Delete(container.Directory, force: true, _ => { }));
        Assert.Contains("stop a-c1.scope: the job's result is \"timeout\"", error.Message, StringComparison.Ordinal);
        Assert.False(container.IsRemoved);
    }

    [Fact]
    public void The_record_knows_the_unit()
    {
        var state = new ContainerState { Id = "c1", Bundle = "/b", Cgroup = new CgroupRecord(CgroupLayout.V2, ["/a"]) { Unit = "x.scope", IsUsersUnit = true } };
        var read = StateFile.Parse(StateFile.Bytes(state), "c1", out var isDamaged);
        Assert.False(isDamaged);
        Assert.Equal(("x.scope", true), (read.Cgroup.Unit, read.Cgroup.IsUsersUnit));
        Assert.DoesNotContain("systemd", System.Text.Encoding.UTF8.GetString(StateFile.Bytes(state with { Cgroup = CgroupRecord.None })), StringComparison.Ordinal);
    }
}
