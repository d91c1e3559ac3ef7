using System.Linq;
using Xunit;

namespace SharpRun.Planning.Tests;

/// <summary>process.scheduler, process.ioPriority and linux.personality.</summary>
public sealed class SchedulingTests
{
    private static Spec Read(string path, string value) => Bundle.ReadWith(path, value);

    [Fact]
    public void Everything_of_a_scheduler_is_read() => Assert.Equal(
        new Scheduler("SCHED_DEADLINE", 6) { Nice = -5, Priority = 3, Flags = 0x41, Runtime = 7, Deadline = 8, Period = 9 },
        Read("process.scheduler", """
            {"policy":"SCHED_DEADLINE","nice":-5,"priority":3,"flags":["SCHED_FLAG_RESET_ON_FORK","SCHED_FLAG_UTIL_CLAMP_MAX"],"runtime":7,"deadline":8,"period":9}
            """).Process!.Scheduler);

    [Fact]
    public void An_io_priority_is_read() =>
        Assert.Equal(new IoPriority("IOPRIO_CLASS_IDLE", 3, 7), Read("process.ioPriority", "{\"class\":\"IOPRIO_CLASS_IDLE\",\"priority\":7}").Process!.IoPriority);

    [Theory]
    [InlineData("0", 1, 0)]
    [InlineData("0-3,7", 0x8F, 0)]
    [InlineData("8-9,1-1", 2, 3)]
    public void Cpus_are_bits(string list, byte first, byte second)
    {
        var affinity = Read("process.execCPUAffinity", $"{{\"initial\":\"\",\"final\":\"{list}\"}}").Process!.ExecCpuAffinity!;
        Assert.Null(affinity.Initial);
        Assert.Equal((list, first, second), (affinity.Final!.Text, affinity.Final.Mask[0], affinity.Final.Mask[1]));
        Assert.All(affinity.Final.Mask[2..], bits => Assert.Equal(0, bits));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData("1-")]
    [InlineData("3-1")]
    [InlineData("0,,1")]
    [InlineData("0-2-4")]
    [InlineData(" 1")]
    [InlineData("8192")]
    [InlineData("0-4294967296")]
    public void What_is_no_list_of_cpus_is_refused(string list) => Assert.Equal(
        $"config.json: process.execCPUAffinity.initial: \"{list}\" is not a list of CPUs such as 0-3,7",
        Bundle.Fails(Bundle.With("process.execCPUAffinity", $"{{\"initial\":\"{list}\"}}")).Message);

    [Fact]
    public void Cpus_are_for_exec_alone_and_those_of_a_document_decide()
    {
        var spec = Read("process.execCPUAffinity", "{\"initial\":\"0\",\"final\":\"1\"}");
        var host = Hosts.All["v2-6.18"];
        var create = Planner.Create(spec, host, new CreateOptions { Id = "c1", Bundle = "/bundle", StateRoot = "/run/sharprun" });
        Assert.Null(create.InitialCpus);
        Assert.Empty(create.Steps.OfType<SetCpuAffinity>());
        Assert.Equal(("0", "1"), Cpus(null));
        Assert.Equal(("0", "1"), Cpus(new Process { Args = ["true"], Cwd = "/" }));
        Assert.Equal((null, "7"), Cpus(new Process { Args = ["true"], Cwd = "/", ExecCpuAffinity = new ExecCpuAffinity(null, CpuList.Parse("7")) }));

        (string?, string?) Cpus(Process? document)
        {
            var plan = Planner.Exec(spec, host, new ExecOptions { Id = "c1", StateRoot = "/run/sharprun", Args = ["true"], Process = document });
            return (plan.InitialCpus?.Text, plan.Steps.OfType<SetCpuAffinity>().SingleOrDefault()?.Cpus.Text);
        }
    }

    [Theory]
    [InlineData("process.scheduler", "{}", "process.scheduler.policy: the property is missing")]
    [InlineData("process.scheduler", "{\"policy\":\"SCHED_NONE\"}", "process.scheduler.policy: \"SCHED_NONE\" is not a policy (one of SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_ISO, SCHED_IDLE, SCHED_DEADLINE is)")]
    [InlineData("process.scheduler", "{\"policy\":\"SCHED_RR\",\"flags\":[\"X\"]}", "process.scheduler.flags[0]: \"X\" is not a flag (one of SCHED_FLAG_RESET_ON_FORK, SCHED_FLAG_RECLAIM, SCHED_FLAG_DL_OVERRUN, SCHED_FLAG_KEEP_POLICY, SCHED_FLAG_KEEP_PARAMS, SCHED_FLAG_UTIL_CLAMP_MIN, SCHED_FLAG_UTIL_CLAMP_MAX is)")]
    [InlineData("process.ioPriority", "{\"priority\":1}", "process.ioPriority.class: the property is missing")]
    [InlineData("process.ioPriority", "{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":8}", "process.ioPriority.priority: a whole number from 0 to 7 is expected, found 8")]
    [InlineData("linux.personality", "{}", "linux.personality.domain: the property is missing")]
    [InlineData("linux.personality", "{\"domain\":\"LINUX64\"}", "linux.personality.domain: \"LINUX64\" is not a domain (one of LINUX, LINUX32 is)")]
    [InlineData("linux.personality", "{\"domain\":\"LINUX\",\"flags\":[\"X\"]}", "linux.personality.flags[0]: the specification has no flags of a personality")]
    public void What_cannot_be_honoured_is_refused(string path, string value, string problem) =>
        Assert.Equal($"config.json: {problem}", Bundle.Fails(Bundle.With(path, value)).Message);

    [Fact]
    public void They_are_set_while_there_is_power_and_exec_has_the_containers()
    {
        var json = Bundle.Edit(Bundle.Edit(Bundle.With("process.scheduler", "{\"policy\":\"SCHED_BATCH\",\"nice\":3}"), "process.ioPriority", "{\"class\":\"IOPRIO_CLASS_BE\"}"),
            "linux.personality", "{\"domain\":\"LINUX32\",\"flags\":[]}");
        var options = new ExecOptions { Id = "c1", StateRoot = "/run/sharprun", Args = ["true"] };
        var document = options with { Process = new Process { Args = ["true"], Cwd = "/" } };
        var other = document with { Process = document.Process with { Scheduler = new Scheduler("SCHED_IDLE", 5) } };
        var host = Hosts.All["v2-6.18"];
        foreach (var plan in new[]
        {
            Planner.Create(Bundle.Read(json), host, new CreateOptions { Id = "c1", Bundle = "/bundle", StateRoot = "/run/sharprun" }),
            Planner.Exec(Bundle.Read(json), host, options),
            Planner.Exec(Bundle.Read(json), host, document),
        })
        {
            var steps = plan.Steps.SkipWhile(step => step is not SetScheduler).Take(4).Select(step => step.Text).ToList();
            Assert.Equal(["set scheduler SCHED_BATCH, nice 3, priority 0", "set I/O priority IOPRIO_CLASS_BE 0", "set personality LINUX32", "drop bounding capabilities, keep none"], steps);
        }
        Assert.Equal("SCHED_IDLE", Planner.Exec(Bundle.Read(json), host, other).Steps.OfType<SetScheduler>().Single().Scheduler.Name);
    }
}
