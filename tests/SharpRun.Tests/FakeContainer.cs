using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using SharpRun.InitStage;
using SharpRun.Linux;
using SharpRun.State;

namespace SharpRun.Tests;

/// <summary>A container without a container: a state directory in a temporary root, with a shell for an init.</summary>
sealed class FakeContainer : IDisposable
{
    private readonly TemporaryRoot _temporary = new();
    private readonly StateRoot _root;
    private Process? _shell;

    public FakeContainer()
    {
        _root = StateRoot.OpenOrCreate(_temporary.Path);
        Directory = _root.Claim("c1");
        Sys.Close(Directory.MakeStartFifo());
        State = new ContainerState { Id = "c1", Bundle = "/b", HasOwnPidNamespace = true };
        Directory.Write(State);
    }

    public ContainerDirectory Directory { get; }

    public ContainerState State { get; private set; }

    public string Path => _temporary["c1"];

    public string Root => _temporary.Path;

    public bool IsRemoved => !System.IO.Directory.Exists(Path);

    /// <summary>Runs a script that has the start fifo as descriptor 3; it says "ready" when it waits.</summary>
    public void StartInit(string script)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardOutput = true, RedirectStandardInput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"exec 3<>'{Path}/exec.fifo'; echo $$; {script}");
        _shell = Process.Start(start)!;
        Record(int.Parse(_shell.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture));
    }

    /// <summary>Waits for the byte, closes the fifo as execve does, and goes on with a statement of Perl: one process all the time, as an init is.</summary>
    public void StartWaitingInit(string after = "sleep 600") => StartInit($"exec perl -e 'open(F, \"<&=3\"); sysread(F, $b, 1); close(F); {after}'");

    /// <summary>A line that the script writes.</summary>
    public string ReadLine() => _shell!.StandardOutput.ReadLine()!;

    public void Record(int pid, ulong? start = null)
    {
        State = State with { Init = new ProcessId(pid, start ?? ProcFiles.StartTime(pid)) };
        Directory.Write(State);
    }

    public void Change(Func<ContainerState, ContainerState> change)
    {
        State = change(State);
        Directory.Write(State);
    }

    /// <summary>What the clone child would have left in its recorder.</summary>
    public void RecordPhase(InitPhase phase, int step = 40, Errno error = Errno.OK, string detail = "")
    {
        var page = new byte[Recorder.SizeFor(44)];
        BitConverter.TryWriteBytes(page.AsSpan(0), Recorder.Magic);
        BitConverter.TryWriteBytes(page.AsSpan(Recorder.PhaseAt), (int)phase);
        BitConverter.TryWriteBytes(page.AsSpan(Recorder.StepAt), step);
        BitConverter.TryWriteBytes(page.AsSpan(Recorder.ErrnoAt), (int)error);
        BitConverter.TryWriteBytes(page.AsSpan(Recorder.StepCountAt), 44);
        var text = System.Text.Encoding.UTF8.GetBytes(detail);
        BitConverter.TryWriteBytes(page.AsSpan(Recorder.DetailLengthAt), text.Length);
        text.CopyTo(page.AsSpan(Recorder.DetailAt));
        File.WriteAllBytes(System.IO.Path.Combine(Path, "recorder"), page);
    }

    public ContainerStatus Status() => SharpRun.State.Status.Of(Directory, State);

    public void Dispose()
    {
        if (_shell is not null)
        {
            _shell.Kill(entireProcessTree: true);
            _shell.WaitForExit();
            _shell.Dispose();
        }
        Directory.Close();
        _root.Dispose();
        _temporary.Dispose();
    }
}
