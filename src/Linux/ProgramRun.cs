using System;

namespace SharpRun.Linux;

/// <summary>How it went. Error: it could not be executed, or not be waited for; then the rest says nothing.</summary>
public readonly record struct ProgramEnd(Errno Error, bool IsTimedOut, WaitStatus Status)
{
    public bool IsGood => Error == Errno.OK && !IsTimedOut && Status.IsExit && Status.Status == 0;
}

/// <summary>
/// Runs a program to its end: some bytes on its stdin, then end of file; the beginning of what it prints is kept, the rest read and dropped;
/// after the limit its process group is killed. What it starts and leaves behind, with its pipes perhaps, is not waited for.
/// Used in the clone child too: no thread, no lock, and SIGPIPE, which is at its default there, is held off.
/// </summary>
public sealed class ProgramRun(int kept = 256)
{
    // A pipe holds as much; so the last words of a program that has ended are all read.
    private const int MostLeft = 64 << 10;

    private readonly byte[] _output = new byte[kept];
    private readonly byte[] _errors = new byte[kept];
    private int _outputLength, _errorLength;
    // What we write to, and what we read of its stdout and stderr; -1 when closed.
    private int _input = -1, _outputEnd = -1, _errorEnd = -1;

    /// <summary>The beginning of its stdout.</summary>
    public ReadOnlySpan<byte> Output => _output.AsSpan(0, _outputLength);

    /// <summary>The beginning of its stderr.</summary>
    public ReadOnlySpan<byte> Errors => _errors.AsSpan(0, _errorLength);

    /// <summary>Once; the limit is -1 for none.</summary>
    public ProgramEnd ToEnd(Executable program, StringVector environment, ReadOnlySpan<byte> input, int limitMs)
    {
        Sys.GetHandler(Native.SIGPIPE, out var handler);
        Sys.SetHandler(Native.SIGPIPE, Native.SIG_IGN);
        var error = Begin(program, environment, out var pid);
        var end = error == Errno.OK ? Accompany(pid, input, limitMs) : new ProgramEnd(error, false, default);
        Close(ref _input);
        Close(ref _outputEnd);
        Close(ref _errorEnd);
        // The runtime's own is "ignore" in the parent, "default" in the clone child.
        Sys.SetHandler(Native.SIGPIPE, handler == Native.SIG_IGN ? Native.SIG_IGN : Native.SIG_DFL);
        return end;
    }

    private Errno Begin(Executable program, StringVector environment, out int pid)
    {
        pid = 0;
        int childIn = -1, childOut = -1, childErr = -1;
        var error = Sys.Pipe(out childIn, out _input);
        error = error == Errno.OK ? Sys.Pipe(out _outputEnd, out childOut) : error;
        error = error == Errno.OK ? Sys.Pipe(out _errorEnd, out childErr) : error;
        if (error == Errno.OK)
        {
            SetNonblocking(_input);
            SetNonblocking(_outputEnd);
            SetNonblocking(_errorEnd);
            error = Sys.Spawn(program, environment, childIn, childOut, childErr, out pid);
        }
        Close(ref childIn);
        Close(ref childOut);
        Close(ref childErr);
        return error;
    }

    private ProgramEnd Accompany(int pid, ReadOnlySpan<byte> input, int limitMs)
    {
        // Our child, and nobody else waits for it: the number is its own until we do.
        var opened = Sys.PidfdOpen(pid);
        if (!opened.Ok)
        {
            Sys.Kill(-pid, Native.SIGKILL);
            return new ProgramEnd(opened.Error, false, default);
        }
        var hasEnded = Talk(opened.Value, input, limitMs);
        if (!hasEnded)
        {
            Sys.Kill(-pid, Native.SIGKILL);
            // It may have gone into another group.
            Sys.PidfdSendSignal(opened.Value, Native.SIGKILL);
        }
        ReadRest(_outputEnd, _output, ref _outputLength);
        ReadRest(_errorEnd, _errors, ref _errorLength);
        var waited = Sys.WaitId(opened.Value, Native.WEXITED, out var status);
        Sys.Close(opened.Value);
        return new ProgramEnd(waited.Error, !hasEnded, status);
    }

    // False when the time is over.
    private bool Talk(int pidFd, ReadOnlySpan<byte> input, int limitMs)
    {
        var end = Sys.MonotonicNanoseconds() + limitMs * 1_000_000L;
        Span<PollFd> watched = stackalloc PollFd[4];
        while (true)
        {
            if (input.IsEmpty)
            {
                Close(ref _input);
            }
            watched[0] = new PollFd(pidFd, Native.POLLIN);
            watched[1] = new PollFd(_input, Native.POLLOUT);
            watched[2] = new PollFd(_outputEnd, Native.POLLIN);
            watched[3] = new PollFd(_errorEnd, Native.POLLIN);
            var left = limitMs < 0 ? -1 : (int)Math.Clamp((end - Sys.MonotonicNanoseconds() + 999_999) / 1_000_000, 0, int.MaxValue);
            var polled = Sys.Poll(watched, left);
            if (polled.Ok && watched[0].IsReady)
            {
                return true;
            }
            if (left == 0)
            {
                return false;
            }
            if (!polled.Ok)
            {
                continue;
            }
            if (watched[1].IsReady)
            {
                Write(ref input);
            }
            Read(watched[2], ref _outputEnd, _output, ref _outputLength);
            Read(watched[3], ref _errorEnd, _errors, ref _errorLength);
        }
    }

    // A program that does not read, or closes its stdin, wants no state: that is no fault (EPIPE).
    private void Write(ref ReadOnlySpan<byte> input)
    {
        var written = Sys.Write(_input, input);
        if (written.Ok)
        {
            input = input[written.Value..];
        }
        else if (written.Error != Errno.EAGAIN)
        {
            input = default;
        }
    }

    private static void Read(PollFd watched, ref int fd, byte[] kept, ref int length)
    {
        if (watched.Fd >= 0 && watched.IsReady && !ReadOnce(fd, kept, ref length, out _))
        {
            Close(ref fd);
        }
    }

    private static void ReadRest(int fd, byte[] kept, ref int length)
    {
        var left = MostLeft;
        while (fd >= 0 && left > 0 && ReadOnce(fd, kept, ref length, out var count) && count > 0)
        {
            left -= count;
        }
    }

    // False at the end of file. A count of zero: nothing is there now.
    private static bool ReadOnce(int fd, byte[] kept, ref int length, out int count)
    {
        Span<byte> buffer = stackalloc byte[4096];
        var read = Sys.Read(fd, buffer);
        count = read.Ok ? read.Value : 0;
        var taken = buffer[..Math.Min(count, kept.Length - length)];
        taken.CopyTo(kept.AsSpan(length));
        length += taken.Length;
        return read.Ok ? count > 0 : read.Error == Errno.EAGAIN;
    }

    private static void SetNonblocking(int fd) => Sys.Fcntl(fd, Native.F_SETFL, Native.O_NONBLOCK);

    private static void Close(ref int fd)
    {
        if (fd >= 0)
        {
            Sys.Close(fd);
        }
        fd = -1;
    }
}
