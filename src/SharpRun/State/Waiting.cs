using System;
using SharpRun.Linux;

namespace SharpRun.State;

static class Waiting
{
    /// <summary>True when the process has ended, at the latest after so many milliseconds. One that its parent has not asked for has ended too.</summary>
    public static bool ForEnd(int pidFd, int milliseconds)
    {
        Span<PollFd> watched = [new PollFd(pidFd, Native.POLLIN)];
        var end = Sys.MonotonicNanoseconds() + milliseconds * 1_000_000L;
        while (true)
        {
            var left = (end - Sys.MonotonicNanoseconds()) / 1_000_000;
            var polled = Sys.Poll(watched, (int)Math.Max(left, 0));
            if (polled.Ok)
            {
                return polled.Value > 0;
            }
            if (polled.Error != Errno.EINTR)
            {
                polled.Error.Throw("wait for a process to end");
            }
        }
    }
}
