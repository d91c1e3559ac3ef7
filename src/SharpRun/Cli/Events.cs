using System;
using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using SharpRun.Cgroups;
using SharpRun.CommandLine;
using SharpRun.Linux;
using SharpRun.Parent;
using SharpRun.State;

namespace SharpRun.Cli;

/// <summary>events: what a container uses, and each time that the kernel kills for want of memory; one JSON object a line, until the container ends.</summary>
static class Events
{
    private const long UsualInterval = 5_000_000_000; // nanoseconds

    private static Flag[] Flags =>
    [
        Flag.Text("interval", "DURATION", "time between two counts, such as 5s (default) or 500ms"),
        Flag.Switch("stats", "print one count and come back"),
    ];

    public static Command Command => new("events", "[flags] ID", "print what a container uses, and when it runs out of memory, as lines of JSON", Flags, Act);

    private static int Act(Arguments arguments, GlobalOptions globals, Log log)
    {
        var id = ContainerId.Checked(arguments.Words[0]);
        var interval = Interval(arguments.Text("interval"));
        var (state, pidFd) = Open(globals, id);
        var stats = new ContainerStats(state.RequireCgroup("cannot tell its events"), FactsReader.Read());
        if (arguments.Is("stats"))
        {
            Print("stats"u8, id, stats);
        }
        else
        {
            Follow(id, stats, pidFd, interval);
        }
        return 0;
    }

    private static long Interval(string? text)
    {
        var interval = text is null
            ? UsualInterval
            : Duration.Parse(text) ?? throw new UsageError($"invalid value \"{text}\" for --interval: a duration such as 5s or 500ms is expected");
        return interval > 0 ? interval : throw new UsageError("duration interval must be greater than 0");
    }

    private static (ContainerState State, int PidFd) Open(GlobalOptions globals, string id)
    {
        using var directory = StateRoot.OpenContainer(globals.StateRootPath, id);
        var state = directory.Read();
        var pidFd = state.Init.OpenPidFd();
        return pidFd >= 0 ? (state, pidFd) : throw new StateError(ErrorCode.ContainerNotRunning, $"container with id {id} is not running");
    }

    private static void Follow(string id, ContainerStats stats, int pidFd, long interval)
    {
        var oom = stats.WatchOom();
        Span<PollFd> watched = stackalloc PollFd[2];
        var next = Sys.MonotonicNanoseconds() + interval;
        while (true)
        {
            watched[0] = new PollFd(pidFd, Native.POLLIN);
            watched[1] = new PollFd(oom.Fd, oom.Events);
            var left = next - Sys.MonotonicNanoseconds();
            var polled = Sys.Poll(watched, (int)Math.Clamp((left + 999_999) / 1_000_000, 0, int.MaxValue));
            if (!polled.Ok && polled.Error != Errno.EINTR)
            {
                polled.Error.Throw("wait for events");
            }
            // Also when its end is what has come: that may be why.
            for (var times = oom.Take(); times > 0; times--)
            {
                Print("oom"u8, id, null);
            }
            if (polled.Ok && watched[0].IsReady)
            {
                return;
            }
            if (next - Sys.MonotonicNanoseconds() <= 0)
            {
                Print("stats"u8, id, stats);
                // What was slept through is not made up for.
                next = Math.Max(next + interval, Sys.MonotonicNanoseconds());
            }
        }
    }

    private static void Print(ReadOnlySpan<byte> type, string id, ContainerStats? stats)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, type);
            json.WriteString("id"u8, id);
            if (stats is not null)
            {
                json.WritePropertyName("data"u8);
                StatsOutput.Write(json, stats.Read());
            }
            json.WriteEndObject();
        }
        buffer.Write("\n"u8);
        Output.Write(buffer.WrittenSpan);
    }
}
