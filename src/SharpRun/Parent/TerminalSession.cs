using System;
using SharpRun.Linux;

namespace SharpRun.Parent;

/// <summary>
/// A foreground run with a terminal: what is typed here goes in, what the container prints comes out, and a new size here is one there.
/// Our own terminal is raw meanwhile, and is what it was again at every way out (the caller disposes in the end; deadly signals
/// are forwarded, so none ends us in between).
/// </summary>
sealed class TerminalSession : IDisposable
{
    /// <summary>How many places of the caller's list of watched descriptors it takes.</summary>
    public const int WatchedCount = 3;

    private const int Room = 4096;
    private const int RetryPause = 100; // milliseconds

    private readonly int _master;
    // Which of our standard streams is a terminal with a size, or -1.
    private readonly int _sized;
    private readonly TerminalModes? _before;
    private readonly byte[] _input = new byte[Room];
    private readonly byte[] _output = new byte[Room];
    private int _inputLength, _outputLength;
    private bool _isInputOver, _isOutputLost, _isHungUp;
    private byte _lastInput = (byte)'\n';

    public TerminalSession(int master)
    {
        _master = master;
        LeaveNewlinesAlone();
        var flags = Sys.Fcntl(master, Native.F_GETFL).OrThrow("read the flags of the container's terminal");
        Sys.Fcntl(master, Native.F_SETFL, flags | Native.O_NONBLOCK).OrThrow("make the container's terminal answer at once");
        _sized = FindSized();
        Resize();
        if (Sys.GetTerminalModes(0, out var modes) != Errno.OK)
        {
            return;
        }
        // In the background neither the keys nor the terminal's modes are ours.
        _isInputOver = !Sys.IsInForeground(0);
        if (!_isInputOver && Sys.SetTerminalModes(0, modes.Raw()) == Errno.OK)
        {
            _before = modes;
        }
    }

    /// <summary>Milliseconds, for poll. A container that has closed its terminal may open it again, and nothing tells of that.</summary>
    public int Patience => _isHungUp ? RetryPause : -1;

    public void Dispose()
    {
        if (_before is { } modes)
        {
            Sys.SetTerminalModes(0, modes);
        }
    }

    /// <summary>SIGWINCH: the container's terminal takes the size of ours.</summary>
    public void Resize()
    {
        if (_sized >= 0 && Sys.GetWindowSize(_sized, out var size) == Errno.OK && size is { Rows: > 0, Columns: > 0 })
        {
            Sys.SetWindowSize(_master, size);
        }
    }

    /// <summary>Each descriptor only while something can be done with it; poll(2) skips a -1.</summary>
    public void Watch(Span<PollFd> watched)
    {
        watched[0] = new PollFd(_isInputOver || _inputLength > 0 ? -1 : 0, Native.POLLIN);
        watched[1] = new PollFd(_outputLength > 0 ? 1 : -1, Native.POLLOUT);
        var events = (_inputLength > 0 ? Native.POLLOUT : 0) | (_outputLength == 0 ? Native.POLLIN : 0);
        watched[2] = new PollFd(_isHungUp || events == 0 ? -1 : _master, (short)events);
    }

    public void Copy(ReadOnlySpan<PollFd> watched)
    {
        if (watched[0].IsReady)
        {
            ReadInput();
        }
        if (_inputLength > 0)
        {
            WriteInput();
        }
        if (watched[1].IsReady)
        {
            WriteOutput();
        }
        if (_outputLength == 0 && (watched[2].IsReady || _isHungUp))
        {
            ReadOutput();
        }
    }

    /// <summary>The container has ended: what it has printed is all there to be read, since a read first takes in what is on its way
    /// (n_tty_read in the kernel). A signal ends the wait for whoever does not take it from us.</summary>
    public void Drain(int signals)
    {
        Span<PollFd> watched = [new PollFd(1, Native.POLLOUT), new PollFd(signals, Native.POLLIN)];
        while (true)
        {
            if (_outputLength == 0 && !ReadOutput())
            {
                return;
            }
            Sys.Poll(watched, -1);
            if (watched[0].IsReady)
            {
                WriteOutput();
            }
            else if (watched[1].IsReady)
            {
                return;
            }
        }
    }

    // Our own terminal, or the file, makes of a newline what it wants: with a carriage return from there, too, there would be two.
    private void LeaveNewlinesAlone()
    {
        Sys.GetTerminalModes(_master, out var modes).OrThrow("read the modes of the container's terminal");
        modes.Output &= ~Native.ONLCR;
        Sys.SetTerminalModes(_master, modes).OrThrow("set the modes of the container's terminal");
    }

    private static int FindSized()
    {
        for (var fd = 0; fd <= 2; fd++)
        {
            if (Sys.GetWindowSize(fd, out _) == Errno.OK)
            {
                return fd;
            }
        }
        return -1;
    }

    private void ReadInput()
    {
        var read = Sys.Read(0, _input);
        if (read is { Ok: true, Value: > 0 })
        {
            _inputLength = read.Value;
            _lastInput = _input[_inputLength - 1];
        }
        else if (read.Error != Errno.EAGAIN)
        {
            EndInput();
        }
    }

    // The end of a file or a pipe is typed, as on a keyboard: twice, when it does not stand at the beginning of a line (termios(3), VEOF).
    private void EndInput()
    {
        _isInputOver = true;
        if (_before is null && Sys.GetTerminalModes(_master, out var modes) == Errno.OK)
        {
            _input[_inputLength++] = modes.EndOfFile;
            if (_lastInput != (byte)'\n')
            {
                _input[_inputLength++] = modes.EndOfFile;
            }
        }
    }

    private void WriteInput()
    {
        var written = Sys.Write(_master, _input.AsSpan(0, _inputLength));
        // EIO: nobody has the terminal open. What was typed is lost, as on a real one.
        var done = written.Ok ? written.Value : written.Error == Errno.EAGAIN ? 0 : _inputLength;
        _input.AsSpan(done, _inputLength - done).CopyTo(_input);
        _inputLength -= done;
    }

    /// <summary>False when there is nothing now.</summary>
    private bool ReadOutput()
    {
        var read = Sys.Read(_master, _output);
        _isHungUp = read.Error == Errno.EIO;
        if (!read.Ok || read.Value == 0)
        {
            return false;
        }
        // With nobody left to read it, it is taken all the same: the container shall not stop for that.
        _outputLength = _isOutputLost ? 0 : read.Value;
        return true;
    }

    private void WriteOutput()
    {
        var written = Sys.Write(1, _output.AsSpan(0, _outputLength));
        _isOutputLost = !written.Ok && written.Error != Errno.EAGAIN;
        var done = _isOutputLost ? _outputLength : written.Ok ? written.Value : 0;
        _output.AsSpan(done, _outputLength - done).CopyTo(_output);
        _outputLength -= done;
    }
}
