using System;
using System.Diagnostics;
using System.Globalization;
using System.Threading;
using SharpRun.CommandLine;
using SharpRun.Json;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Transports;

/// <summary>What a copy says on stderr while it runs: on a terminal one line that is drawn again a few times a second, and a last one with the sum;
/// elsewhere only that. Nothing when it is quiet.</summary>
sealed class CopyProgress : IDisposable
{
    private const int StandardError = 2, DrawMs = 200, ShownFromMs = 300;

    private readonly string _what;
    private readonly bool _isQuiet, _isDrawn;
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly ManualResetEventSlim _end = new();
    private readonly Thread? _drawing;
    private long _expected, _received;
    private int _blobs, _finished, _there;
    private bool _hasLine, _isDone;

    /// <param name="what">"pull docker.io/library/ubuntu:latest".</param>
    public CopyProgress(string what, bool isQuiet)
    {
        _what = OneLine.Of(what);
        _isQuiet = isQuiet;
        _isDrawn = !isQuiet && Sys.GetWindowSize(StandardError, out _) == Errno.OK;
        if (_isDrawn)
        {
            _drawing = new Thread(Draw) { IsBackground = true };
            _drawing.Start();
        }
    }

    public void Expect(Descriptor blob)
    {
        Interlocked.Add(ref _expected, blob.Size);
        Interlocked.Increment(ref _blobs);
    }

    public void WereThere(int blobs) => Interlocked.Add(ref _there, blobs);

    /// <summary>Bytes have come, or (negative) have come in vain.</summary>
    public void Received(long count) => Interlocked.Add(ref _received, count);

    public void Finish() => Interlocked.Increment(ref _finished);

    /// <summary>All is well: the sum is said when the progress is disposed.</summary>
    public void Done() => _isDone = true;

    private void Draw()
    {
        while (!_end.Wait(DrawMs))
        {
            if (Stopwatch.GetElapsedTime(_start).TotalMilliseconds >= ShownFromMs)
            {
                WriteLine(Line(), "");
                _hasLine = true;
            }
        }
    }

    // Cut to the terminal's width: a line that wraps cannot be drawn again.
    private static void WriteLine(string line, string end)
    {
        var width = Sys.GetWindowSize(StandardError, out var size) == Errno.OK && size.Columns > 1 ? size.Columns - 1 : 79;
        Output.WriteError($"\r{(line.Length > width ? line[..width] : line)}\e[K{end}");
    }

    private string Line()
    {
        var (received, expected) = (Interlocked.Read(ref _received), Interlocked.Read(ref _expected));
        var percent = expected > 0 ? received * 100 / expected : 0;
        return $"{_what}: {percent}%, {Size(received)} of {Size(expected)}, {_finished} of {_blobs} blobs, {Size(Rate(received))}/s";
    }

    private long Rate(long bytes) => (long)(bytes / Math.Max(Stopwatch.GetElapsedTime(_start).TotalSeconds, 0.001));

    private string Sum()
    {
        var received = Interlocked.Read(ref _received);
        var seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        var there = _there == 0 ? "" : $", {_there} {(_there == 1 ? "was" : "were")} there";
        return _blobs == 0 ? $"{_what}: nothing to fetch{there}" : $"{_what}: {_blobs} blobs, {Size(received)} in {seconds} s, {Size(Rate(received))}/s{there}";
    }

    /// <summary>"12.3 MiB".</summary>
    public static string Size(long bytes)
    {
        ReadOnlySpan<string> units = ["B", "KiB", "MiB", "GiB", "TiB"];
        double size = bytes;
        var unit = 0;
        while (size >= 1024 && unit < units.Length - 1)
        {
            size /= 1024;
            unit++;
        }
        return unit == 0 ? $"{bytes} B" : $"{size.ToString("0.0", CultureInfo.InvariantCulture)} {units[unit]}";
    }

    public void Dispose()
    {
        _end.Set();
        _drawing?.Join();
        if (_isDone && !_isQuiet)
        {
            if (_isDrawn)
            {
                WriteLine(Sum(), "\n");
            }
            else
            {
                Output.WriteError(Sum() + "\n");
            }
        }
        else if (_hasLine)
        {
            Output.WriteError("\r\e[K");
        }
        _end.Dispose();
    }
}
