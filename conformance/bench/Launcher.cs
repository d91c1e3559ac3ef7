using System;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SharpRun.Bench;

/// <summary>One whole process as seen from outside; times in milliseconds, CPU with all it waited for.</summary>
readonly record struct Outcome(int Exit, double Wall, double Cpu)
{
    public const int TimedOut = -1;
}

/// <summary>Starts every measured program in the same way: same environment, files and signals.</summary>
sealed class Launcher : IDisposable
{
    const int TimeoutMilliseconds = 30_000;

    static readonly string[] s_environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"];

    readonly SafeFileHandle _stdin = File.OpenHandle("/dev/null");
    readonly SafeFileHandle _stdout;
    readonly SafeFileHandle _stderr;

    public Launcher(string work)
    {
        _stdout = Open(Path.Combine(work, "stdout"));
        _stderr = Open(Path.Combine(work, "stderr"));
        Kernel.PrepareSpawn(Number(_stdin), Number(_stdout), Number(_stderr));
        Kernel.AdoptOrphans();
    }

    public string Output => Read(_stdout);

    public Outcome Try(string[] command, int timeout = TimeoutMilliseconds)
    {
        Rewind(_stdout);
        Rewind(_stderr);
        nint[] arguments = Allocate(command);
        nint[] environment = Allocate(s_environment);
        try
        {
            long start = Stopwatch.GetTimestamp();
            int pid = Kernel.Spawn(command[0], arguments, environment);
            (int Status, long Cpu)? end = Kernel.Wait(pid, timeout);
            double wall = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            return new Outcome(end is null ? Outcome.TimedOut : ExitCode(end.Value.Status), wall, (end?.Cpu ?? 0) / 1000.0);
        }
        finally
        {
            Free(arguments);
            Free(environment);
        }
    }

    /// <summary>A figure counts only when the operation succeeded; otherwise the bench ends here.</summary>
    public Outcome Expect(string[] command)
    {
        Outcome outcome = Try(command);
        if (outcome.Exit != 0)
        {
            string how = outcome.Exit == Outcome.TimedOut ? "did not end in time" : $"ended with {outcome.Exit}";
            throw new BenchError($"{string.Join(' ', command)}: {how}\n{Read(_stderr)}{Read(_stdout)}");
        }
        return outcome;
    }

    public void Dispose()
    {
        _stdin.Dispose();
        _stdout.Dispose();
        _stderr.Dispose();
    }

    // wait(2): the low seven bits are the signal that ended it.
    static int ExitCode(int status) => (status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);

    static SafeFileHandle Open(string path) =>
        File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite);

    static int Number(SafeFileHandle file) => (int)file.DangerousGetHandle();

    // The children write at the offset that they share with this descriptor.
    static void Rewind(SafeFileHandle file)
    {
        if (RandomAccess.GetLength(file) > 0)
        {
            RandomAccess.SetLength(file, 0);
        }
        Kernel.SeekToStart(Number(file));
    }

    static string Read(SafeFileHandle file)
    {
        byte[] bytes = new byte[RandomAccess.GetLength(file)];
        int length = RandomAccess.Read(file, bytes, 0);
        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    static nint[] Allocate(string[] words)
    {
        // One more: the null that ends the list.
        nint[] pointers = new nint[words.Length + 1];
        for (int i = 0; i < words.Length; i++)
        {
            pointers[i] = Marshal.StringToCoTaskMemUTF8(words[i]);
        }
        return pointers;
    }

    static void Free(nint[] pointers)
    {
        foreach (nint pointer in pointers)
        {
            Marshal.FreeCoTaskMem(pointer);
        }
    }
}
