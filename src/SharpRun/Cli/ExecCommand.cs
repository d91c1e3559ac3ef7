using System;
using System.Collections.Generic;
using System.Globalization;
using SharpRun.CommandLine;
using SharpRun.Linux;
using SharpRun.Parent;
using SharpRun.Planning;
using SharpRun.State;

namespace SharpRun.Cli;

static class ExecCommand
{
    private const int ProcessFileLimit = 16 << 20;

    private static Flag[] Flags =>
    [
        Flag.Text("process", "FILE", "a process object of the specification (JSON), which then decides alone", 'p'),
        Flag.Switch("tty", "give the program a terminal", 't'),
        Flag.Text("cwd", "DIR", "the working directory in the container"),
        Flag.Text("env", "NAME=VALUE", "one more variable (may be repeated)", 'e'),
        Flag.Text("user", "UID[:GID]", "other ids, numbers only", 'u'),
        Flag.Text("additional-gids", "GID", "one more group (may be repeated)", 'g'),
        Flag.Text("cap", "NAME", "one more capability (may be repeated)", 'c'),
        Flag.Switch("no-new-privs", "set no_new_privs"),
        Flag.Text("cgroup", "[CONTROLLER,…:]PATH", "a cgroup below the container's (may be repeated)"),
        Flag.Number("preserve-fds", "N", "let the program inherit N descriptors, from 3 on"),
        Flag.Switch("detach", "return when the program runs", 'd'),
        Flag.Text("pid-file", "FILE", "write the pid of the program there"),
        Flag.Text("console-socket", "PATH", "send the terminal's master to this unix socket"),
        Flag.Text("pidfd-socket", "PATH", "send a pidfd of the program to this unix socket"),
        Flag.Switch("ignore-paused", "go into a paused container too; the program waits for resume"),
        Flag.Text("process-label", "LABEL", "another SELinux label"),
        Flag.Text("apparmor", "PROFILE", "another AppArmor profile"),
    ];

    public static Command Command => new("exec", "[flags] ID COMMAND [ARG...] | [flags] --process FILE ID", "run one more program in a container", Flags, Act)
    {
        MostWords = int.MaxValue,
        WordsBeforeFreeText = 1,
        ErrorPrefix = "exec failed: ",
        FailureCode = 255,
        WarnsOnStandardError = true,
    };

    private static int Act(Arguments arguments, GlobalOptions globals, Log log)
    {
        var options = Options(arguments, globals, log);
        if (!options.Detach)
        {
            return Foreground.Exec(options, log);
        }
        using var undo = new Undo(log.Warning);
        var joined = Joiner.Join(options, undo, log);
        joined.Execute();
        undo.Forget();
        log.Times(joined.Plan, joined.Times);
        return 0;
    }

    private static ExecOptions Options(Arguments arguments, GlobalOptions globals, Log log)
    {
        var id = ContainerId.Checked(arguments.Words[0]);
        var process = arguments.Text("process") is { } file ? ReadProcess(file, log) : null;
        if ((process?.Args.Count ?? arguments.Words.Count - 1) == 0)
        {
            throw new UsageError("exec args cannot be empty");
        }
        var (uid, gid) = User(arguments.Text("user"));
        return new ExecOptions
        {
            Id = id,
            StateRoot = globals.StateRootPath,
            Process = process,
            Args = arguments.Words[1..],
            Env = arguments.Texts("env"),
            Cwd = arguments.Text("cwd") is { Length: > 0 } cwd ? cwd : null,
            Uid = uid,
            Gid = gid,
            AdditionalGids = arguments.Texts("additional-gids").ConvertAll(text => Number("additional-gids", text)),
            Capabilities = Capabilities(arguments),
            ApparmorProfile = arguments.Text("apparmor"),
            SelinuxLabel = arguments.Text("process-label"),
            NoNewPrivileges = arguments.Is("no-new-privs"),
            Terminal = arguments.Is("tty"),
            Subgroups = arguments.Texts("cgroup"),
            PidFile = AbsolutePath.OfOptional(arguments.Text("pid-file")),
            ConsoleSocket = AbsolutePath.OfOptional(arguments.Text("console-socket")),
            PidFdSocket = AbsolutePath.OfOptional(arguments.Text("pidfd-socket")),
            PreservedDescriptors = CreateFlags.Preserved(arguments, 0),
            Detach = arguments.Is("detach"),
            IgnorePaused = arguments.Is("ignore-paused"),
        };
    }

    private static Process ReadProcess(string file, Log log)
    {
        ProcFiles.ReadWhole(Native.AT_FDCWD, new CString(file), ProcessFileLimit, out var bytes).OrThrow($"read {file}");
        try
        {
            return SpecReader.ReadProcess(bytes, log.Warning) ?? throw new UsageError($"--process {file}: an object is expected, found null");
        }
        catch (SpecError error)
        {
            throw DocumentError.In($"--process {file}: ", error);
        }
    }

    // Numbers and nothing else: a name, a sign or what does not fit must never end as uid 0 (R21, CVE-2016-3697, CVE-2026-30892).
    private static (uint? Uid, uint? Gid) User(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return (null, null);
        }
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0
            ? (Number("user", text), null)
            : (Number("user", text[..colon]), Number("user", text[(colon + 1)..]));
    }

    private static uint Number(string flag, string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number != uint.MaxValue
            ? number
            : throw new UsageError($"invalid value \"{text}\" for --{flag}: a number from 0 to 4294967294 is expected");

    private static ulong Capabilities(Arguments arguments)
    {
        ulong mask = 0;
        foreach (var name in arguments.Texts("cap"))
        {
            if (!Planning.Capabilities.TryFind(name, out var number))
            {
                throw new UsageError($"unknown capability \"{name}\"");
            }
            mask |= 1UL << number;
        }
        return mask;
    }
}
