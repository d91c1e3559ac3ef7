using System;
using SharpRun.Linux;

namespace SharpRun.Cgroups;

/// <summary>A bounded wait for the kernel: short pauses at first, since what is waited for is usually about to happen.</summary>
sealed class Patience(int milliseconds)
{
    const int FirstPause = 50_000, LongestPause = 20_000_000; // nanoseconds

    long _end;
    int _pause = FirstPause;

    /// <summary>Sleeps a little; false when the time is over. It starts to run at the first pause.</summary>
    public bool Pause()
    {
        var now = Sys.MonotonicNanoseconds();
        if (_end == 0)
        {
            _end = now + milliseconds * 1_000_000L;
        }
        else if (now >= _end)
        {
            return false;
        }
        Sys.Nanosleep(_pause);
        _pause = Math.Min(_pause * 2, LongestPause);
        return true;
    }
}
