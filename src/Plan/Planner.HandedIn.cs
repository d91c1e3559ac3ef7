using System;
using System.Collections.Generic;
using System.Globalization;

namespace SharpRun.Planning;

// What the caller hands in beside the bundle: a terminal, descriptors, a socket for notifications.
public static partial class Planner
{
    /// <summary>Where the container finds the directory of the notification socket (as under runc).</summary>
    private const string NotifyDirectory = "/run/notify";

    private static void Terminal(List<Step> steps, Process process)
    {
        if (process.Terminal)
        {
            steps.Add(Terminal(process));
            steps.Add(new BindConsole());
            steps.Add(new SendTerminal());
        }
    }

    private static OpenTerminal Terminal(Process process)
    {
        var size = process.ConsoleSize ?? new ConsoleSize(0, 0);
        return new OpenTerminal(Rows: Clamped(size.Height), Columns: Clamped(size.Width));
    }

    // The kernel's field has 16 bits.
    private static ushort Clamped(uint size) => (ushort)Math.Min(size, ushort.MaxValue);

    /// <summary>The process with the variables that tell it what was handed in (sd_listen_fds(3), sd_notify(3)).</summary>
    private static Process WithHandedIn(Process process, CreateOptions options)
    {
        if (options.ListenDescriptors == 0 && !options.HasNotifySocket)
        {
            return process;
        }
        var env = new List<string>(process.Env);
        if (options.ListenDescriptors > 0)
        {
            env.Add("LISTEN_FDS=" + options.ListenDescriptors.ToString(CultureInfo.InvariantCulture));
            env.Add("LISTEN_PID=1");
            if (options.ListenNames is { } names)
            {
                env.Add("LISTEN_FDNAMES=" + names);
            }
        }
        if (options.HasNotifySocket)
        {
            env.Add($"NOTIFY_SOCKET={NotifyDirectory}/notify.sock");
        }
        return process with { Env = env };
    }

    /// <summary>The directory, not the socket: start makes the socket in it, when somebody is there to hear it.</summary>
    private static void Notifications(List<Step> steps, CreateOptions options)
    {
        if (options.HasNotifySocket)
        {
            var flags = MountOptions.Parse("", ["bind", "ro", "nosuid", "nodev", "noexec"]);
            steps.Add(new BindMount($"{options.StateRoot.TrimEnd('/')}/{options.Id}/notify", RootedPath.Of(NotifyDirectory), flags));
        }
    }
}
