using System;
using System.Diagnostics;
using System.IO;

namespace SharpRun.Image.Registry;

/// <summary>Notices a body that drips: within each idle time a least number of bytes has to come.</summary>
struct Pace(TimeSpan idleTime)
{
    private long _since = Stopwatch.GetTimestamp();
    private long _bytes;

    /// <summary>After each read.</summary>
    /// <exception cref="IOException">it drips</exception>
    public void Count(int bytes)
    {
        _bytes += bytes;
        if (_bytes >= RegistryLimits.LeastInIdleTime)
        {
            (_since, _bytes) = (Stopwatch.GetTimestamp(), 0);
        }
        else if (Stopwatch.GetElapsedTime(_since) > idleTime)
        {
            throw new IOException($"fewer than {RegistryLimits.LeastInIdleTime} bytes came within {idleTime.TotalSeconds:0.###} s");
        }
    }
}
