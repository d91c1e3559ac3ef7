using System;
using System.Globalization;
using System.IO;
using SharpRun.InitStage;
using SharpRun.Linux;
using SharpRun.Parent;
using SharpRun.Planning;
using SharpRun.State;
using Xunit;

namespace SharpRun.Tests;

/// <summary>Status, start, kill and delete against real processes, without a container.</summary>
public sealed class LifecycleTests
{
    private static string StateErrorOf(Action act) => Assert.Throws<StateError>(act).Message;

    private static void Warn(string sentence) => Assert.Fail(sentence);

    [Fact]
    public void An_init_that_holds_the_fifo_is_created()
    {
        using var container = new FakeContainer();
        container.StartWaitingInit();
        Assert.Equal(ContainerStatus.Created, container.Status());
        Assert.Equal(ContainerStatus.Created, container.Status());
    }

    [Fact]
    public void An_init_without_the_fifo_is_running()
    {
        using var container = new FakeContainer();
        container.StartInit("exec 3>&-; echo closed; exec sleep 600");
        Assert.Equal("closed", container.ReadLine());
        Assert.Equal(ContainerStatus.Running, container.Status());
    }

    [Fact]
    public void Another_process_of_the_same_pid_is_not_the_container()
    {
        using var container = new FakeContainer();
        container.StartWaitingInit();
        container.Record(container.State.Init.Pid, container.State.Init.Start + 1);
        Assert.Equal(ContainerStatus.Stopped, container.Status());
        Assert.Equal("container not running", StateErrorOf(() => Killer.Signal(container.State, 0, all: false)));
        Assert.Equal(-1, container.State.Init.OpenPidFd());
    }

    [Fact]
    public void A_zombie_is_stopped()
    {
        using var container = new FakeContainer();
        container.StartInit("sleep 0.3 & echo $!; exec sleep 600");
        var pid = int.Parse(container.ReadLine(), CultureInfo.InvariantCulture);
        var start = ProcFiles.StartTime(pid);
        Assert.NotEqual(0UL, start);
        for (var i = 0; ProcFiles.State(pid) != 'Z'; i++)
        {
            Assert.True(i < 1000, "the process did not end");
            System.Threading.Thread.Sleep(5);
        }
        container.Record(pid, start);
        Assert.Equal(ContainerStatus.Stopped, container.Status());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-1)]
    public void Pid_zero_and_one_are_never_ours(int pid)
    {
        Assert.False(new ProcessId(pid, 0).IsAlive());
        Assert.False(new ProcessId(pid, ProcFiles.StartTime(1)).IsAlive());
        Assert.Equal(-1, new ProcessId(pid, ProcFiles.StartTime(1)).OpenPidFd());
    }

    [Fact]
    public void Without_init_it_is_creating_as_long_as_its_creator_lives()
    {
        using var container = new FakeContainer();
        var self = new ProcessId(Environment.ProcessId, ProcFiles.StartTime(Environment.ProcessId));
        container.Change(state => state with { Creator = self });
        Assert.Equal(ContainerStatus.Creating, container.Status());
        container.Change(state => state with { Creator = self with { Start = self.Start + 1 } });
        Assert.Equal(ContainerStatus.Stopped, container.Status());
    }

    [Fact]
    public void Start_waits_until_the_program_is_executed()
    {
        using var container = new FakeContainer();
        container.RecordPhase(InitPhase.Executing);
        container.StartWaitingInit();
        Starter.Start(container.Directory, Warn);
        Assert.Equal(ContainerStatus.Running, container.Status());
        Assert.False(File.Exists(Path.Combine(container.Path, "exec.fifo")));
        Assert.Equal("cannot start an already running container", StateErrorOf(() => Starter.Start(container.Directory, Warn)));
    }

    [Fact]
    public void Start_reports_an_execve_that_failed()
    {
        using var container = new FakeContainer();
        container.RecordPhase(InitPhase.Failed, step: 43, Errno.ENOENT, "/x");
        container.StartWaitingInit("exit 1");
        var error = Assert.Throws<StepError>(() => Starter.Start(container.Directory, Warn));
        Assert.Equal("exec: \"/x\": no such file or directory", error.Message);
        Assert.Equal(Errno.ENOENT, error.Error);
    }

    [Fact]
    public void Start_reports_an_init_that_died_on_the_way()
    {
        using var container = new FakeContainer();
        container.RecordPhase(InitPhase.Created, step: 42);
        container.StartWaitingInit("kill 9, $$; sleep 600");
        Assert.Equal("container process is already dead: it ended in step 42 of 44", StateErrorOf(() => Starter.Start(container.Directory, Warn)));
    }

    [Fact]
    public void A_program_that_ends_at_once_was_started()
    {
        using var container = new FakeContainer();
        container.RecordPhase(InitPhase.Executing, step: 43);
        container.StartWaitingInit("exit 0");
        Starter.Start(container.Directory, Warn);
        Assert.False(File.Exists(Path.Combine(container.Path, "exec.fifo")));
    }

    [Fact]
    public void A_stopped_container_is_not_started()
    {
        using var container = new FakeContainer();
        container.Record(container.State.Init.Pid);
        Assert.Equal("cannot start a container that has stopped", StateErrorOf(() => Starter.Start(container.Directory, Warn)));
    }

    [Fact]
    public void A_container_that_is_being_created_is_not_started()
    {
        using var container = new FakeContainer();
        container.Change(state => state with { Creator = new ProcessId(Environment.ProcessId, ProcFiles.StartTime(Environment.ProcessId)) });
        Assert.Equal("cannot start a container in the creating state", StateErrorOf(() => Starter.Start(container.Directory, Warn)));
    }

    [Fact]
    public void Kill_signals_init()
    {
        using var container = new FakeContainer();
        container.StartInit("trap 'echo heard' USR1; echo ready; while :; do sleep 0.01; done");
        Assert.Equal("ready", container.ReadLine());
        Killer.Signal(container.State, 0, all: false);
        Killer.Signal(container.State, Native.SIGUSR1, all: false);
        Assert.Equal("heard", container.ReadLine());
    }

    [Fact]
    public void Kill_of_a_stopped_container_is_an_error_unless_all_are_meant()
    {
        using var container = new FakeContainer();
        Assert.Equal("container not running", StateErrorOf(() => Killer.Signal(container.State, Native.SIGTERM, all: false)));
        Killer.Signal(container.State, Native.SIGKILL, all: true);
    }

    [Fact]
    public void Delete_removes_a_stopped_container_and_everything_in_its_directory()
    {
        using var container = new FakeContainer();
        Directory.CreateDirectory(Path.Combine(container.Path, "notify/deeper"));
        File.WriteAllText(Path.Combine(container.Path, "notify/deeper/file"), "");
        Directory.CreateSymbolicLink(Path.Combine(container.Path, "link"), "/tmp");
        container.RecordPhase(InitPhase.Executing);
        Deleter.Delete(container.Directory, force: false, Warn);
        Assert.True(container.IsRemoved);
    }

    [Fact]
    public void Delete_of_a_running_container_needs_force()
    {
        using var container = new FakeContainer();
        container.StartInit("exec 3>&-; echo closed; exec sleep 600");
        Assert.Equal("closed", container.ReadLine());
        Assert.Equal("cannot delete container c1 that is not stopped: running", StateErrorOf(() => Deleter.Delete(container.Directory, force: false, Warn)));
        Assert.True(container.State.Init.IsAlive());
        Deleter.Delete(container.Directory, force: true, Warn);
        Assert.True(container.IsRemoved);
        Assert.False(container.State.Init.IsAlive());
    }

    [Fact]
    public void Delete_kills_a_created_container()
    {
        using var container = new FakeContainer();
        container.StartWaitingInit();
        Deleter.Delete(container.Directory, force: false, Warn);
        Assert.True(container.IsRemoved);
        Assert.False(container.State.Init.IsAlive());
    }

    [Fact]
    public void Delete_does_not_kill_another_process_of_the_same_pid()
    {
        using var container = new FakeContainer();
        container.StartWaitingInit();
        var process = container.State.Init;
        container.Record(process.Pid, process.Start + 1);
        Deleter.Delete(container.Directory, force: true, Warn);
        Assert.True(process.IsAlive());
    }

    // mutant: Check.DeleteWaitsForCreator
    [Fact]
    public void Delete_waits_for_a_creator_and_then_says_so()
    {
        using var patience = new Shortened(creator: 300);
        using var container = new FakeContainer();
        container.StartInit("exec sleep 600");
        container.Change(state => state with { Creator = state.Init, Init = default });
        Assert.Equal("cannot delete container c1 that is not stopped: creating", StateErrorOf(() => Deleter.Delete(container.Directory, force: false, Warn)));
        var before = Environment.TickCount64;
        Assert.Contains("still being created", StateErrorOf(() => Deleter.Delete(container.Directory, force: true, Warn)), StringComparison.Ordinal);
        Assert.InRange(Environment.TickCount64 - before, 280, 60_000);
        Assert.False(container.IsRemoved);
        Assert.True(container.State.Creator.IsAlive());
    }

    // mutant: Check.DeleteWaitsForInit
    [Fact]
    public void Delete_waits_for_an_init_that_dies_slowly_and_then_says_so()
    {
        using var container = new FakeContainer();
        // So much memory takes the kernel some milliseconds to give back.
        container.StartInit("exec perl -e '$x = \"a\" x (400 << 20); $| = 1; print \"big\\n\"; sleep 600'");
        Assert.Equal("big", container.ReadLine());
        using (new Shortened(init: 0))
        {
            Assert.Equal("container init still running", StateErrorOf(() => Deleter.Delete(container.Directory, force: true, Warn)));
        }
        Assert.False(container.IsRemoved);
        Deleter.Delete(container.Directory, force: true, Warn);
        Assert.True(container.IsRemoved);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Kill_of_a_container_that_is_being_created_says_so(bool all)
    {
        using var container = new FakeContainer();
        container.StartInit("exec sleep 600");
        container.Change(state => state with { Creator = state.Init, Init = default });
        Assert.Equal($"container not running: process {container.State.Creator.Pid} is still creating it",
            StateErrorOf(() => Killer.Signal(container.State, Native.SIGKILL, all)));
        Assert.True(container.State.Creator.IsAlive());
    }

    [Fact]
    public void Poststop_hooks_run_when_the_record_is_gone_and_their_failure_is_a_warning()
    {
        using var container = new FakeContainer();
        var seen = System.IO.Path.Combine(container.Root, "seen");
        Hook Shell(string script) => new("/bin/sh", ["sh", "-c", script], null, null);
        container.Change(state => state with
        {
            Poststop = [Shell("echo oops >&2; exit 4"), Shell($"cat >'{seen}'; test ! -e '{container.Path}' || echo there >>'{seen}'")],
        });
        var warnings = new System.Collections.Generic.List<string>();
        Deleter.Delete(container.Directory, force: false, warnings.Add);
        Assert.Equal(["error running poststop hook #0: exit status 4, stderr: oops"], warnings);
        Assert.Equal("""{"ociVersion":"","id":"c1","status":"stopped","bundle":"/b"}""", File.ReadAllText(seen));
    }

    private sealed class Shortened : IDisposable
    {
        private readonly int _creator = Deleter.CreatorLimit, _init = Remover.KillLimit;

        public Shortened(int? creator = null, int? init = null)
        {
            Deleter.CreatorLimit = creator ?? _creator;
            Remover.KillLimit = init ?? _init;
        }

        public void Dispose() => (Deleter.CreatorLimit, Remover.KillLimit) = (_creator, _init);
    }

    [Fact]
    public void Delete_goes_on_when_the_creator_has_ended()
    {
        using var container = new FakeContainer();
        container.StartInit("exec sleep 0.3");
        container.Change(state => state with { Creator = state.Init, Init = default });
        Deleter.Delete(container.Directory, force: true, Warn);
        Assert.True(container.IsRemoved);
    }

    [Fact]
    public void A_directory_without_a_record_is_removed()
    {
        using var container = new FakeContainer();
        File.Delete(Path.Combine(container.Path, "state.json"));
        Deleter.Delete(container.Directory, force: false, Warn);
        Assert.True(container.IsRemoved);
    }

    [Fact]
    public void A_damaged_record_is_removed_by_force()
    {
        using var container = new FakeContainer();
        container.StartWaitingInit();
        var whole = File.ReadAllText(Path.Combine(container.Path, "state.json"));
        File.WriteAllText(Path.Combine(container.Path, "state.json"), whole[..whole.IndexOf("\"bundle\"", StringComparison.Ordinal)]);
        Assert.Contains("damaged", StateErrorOf(() => Deleter.Delete(container.Directory, force: false, Warn)), StringComparison.Ordinal);
        Deleter.Delete(container.Directory, force: true, Warn);
        Assert.True(container.IsRemoved);
        Assert.False(container.State.Init.IsAlive());
    }

    [Fact]
    public void The_temporary_pid_file_goes_and_the_pid_file_stays()
    {
        using var container = new FakeContainer();
        container.Change(state => state with { PidFile = Path.Combine(container.Root, "pid") });
        File.WriteAllText(Path.Combine(container.Root, "pid"), "1");
        File.WriteAllText(Path.Combine(container.Root, ".pid"), "1");
        Deleter.Delete(container.Directory, force: false, Warn);
        Assert.True(File.Exists(Path.Combine(container.Root, "pid")));
        Assert.False(File.Exists(Path.Combine(container.Root, ".pid")));
    }

    [Fact]
    public void The_record_stays_while_a_cgroup_is_left()
    {
        using var container = new FakeContainer();
        // Not a cgroup: rmdir(2) says ENOTDIR.
        container.Change(state => state with { Cgroup = new CgroupRecord(Planning.CgroupLayout.V2, [Path.Combine(container.Path, "state.json")]) });
        Assert.Contains("cgroup", StateErrorOf(() => Deleter.Delete(container.Directory, force: true, Warn)), StringComparison.Ordinal);
        Assert.False(container.IsRemoved);
    }

    [Fact]
    public void A_successor_of_the_same_id_is_not_touched()
    {
        using var container = new FakeContainer();
        Directory.Move(container.Path, container.Path + "-old");
        Directory.CreateDirectory(container.Path);
        Assert.Equal("container does not exist", StateErrorOf(() => Deleter.Delete(container.Directory, force: false, Warn)));
        Deleter.Delete(container.Directory, force: true, Warn);
        container.Directory.Remove();
        Assert.True(Directory.Exists(container.Path));
        Assert.True(File.Exists(container.Path + "-old/state.json"));
    }

    [Fact]
    public void The_lock_is_one_commands()
    {
        using var container = new FakeContainer();
        container.Directory.Lock();
        using var root = StateRoot.OpenOrCreate(container.Root);
        var other = root.Find("c1")!;
        Assert.Equal(Errno.EAGAIN, Sys.Flock(other.Fd, Native.LOCK_EX | Native.LOCK_NB).Error);
        other.Close();
    }
}
