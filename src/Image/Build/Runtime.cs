using System;
using System.Collections;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Build;

/// <summary>The program that executes RUN: sharprun, or another with runc's command line.</summary>
sealed class Runtime
{
    private const int EndLimitMs = 10_000;
    private const int StandardError = 2;

    private readonly string _path;
    private readonly StringVector _environment;

    private Runtime(string path)
    {
        _path = path;
        List<string> environment = [];
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            environment.Add($"{variable.Key}={variable.Value}");
        }
        _environment = StringVector.Of(environment);
    }

    /// <param name="given">--runtime; null: sharprun beside our own program, then in PATH.</param>
    public static Runtime Find(string? given)
    {
        if (given is not null)
        {
            return new Runtime(given);
        }
        var own = Environment.ProcessPath ?? "";
        List<string> folders = [own[..Math.Max(own.LastIndexOf('/'), 0)], .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')];
        foreach (var folder in folders)
        {
            var path = $"{folder}/sharprun";
            if (folder.StartsWith('/') && Sys.FaccessAt(Native.AT_FDCWD, ZeroTerminated.Of(path), Native.X_OK, 0) == Errno.OK)
            {
                return new Runtime(path);
            }
        }
        throw new ImageError("find sharprun, which executes RUN: it is neither beside this program nor in PATH (--runtime PATH names it)");
    }

    /// <summary>Runs a bundle to its end; what it prints goes to our stderr. When we are told to end, the container is ended first.</summary>
    public WaitStatus Run(string state, string bundle, string id)
    {
        var (isInterrupted, process) = (false, -1);
        var nothing = Sys.Open(Native.AT_FDCWD, "/dev/null\0"u8, Native.O_RDONLY).OrThrow("open /dev/null");
        try
        {
            void End(PosixSignalContext context)
            {
                context.Cancel = true;
                isInterrupted = true;
                EndContainer(state, id);
                // If the runtime had not got as far as to have a container.
                Sys.PidfdSendSignal(process, Native.SIGKILL);
            }
            using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
            using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
            using var onHangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);
            var program = Program("--root", state, "run", "-b", bundle, id);
            Sys.Spawn(program, _environment, nothing, StandardError, StandardError, out var pid).OrThrow($"execute {_path}");
            process = Sys.PidfdOpen(pid).OrThrow($"watch {_path}");
            Sys.WaitId(process, Native.WEXITED, out var status).OrThrow($"wait for {_path}");
            return isInterrupted ? throw new ImageError("interrupted") : status;
        }
        finally
        {
            // After the handlers, which know it, are gone.
            Sys.Close(process);
            Sys.Close(nothing);
        }
    }

    /// <summary>Kills and forgets a container; of one that is not there nothing is said.</summary>
    public void EndContainer(string state, string id) =>
        new ProgramRun().ToEnd(Program("--root", state, "delete", "--force", id), _environment, default, EndLimitMs);

    private Executable Program(params string[] arguments) => new(ZeroTerminated.Of(_path), StringVector.Of([_path, .. arguments]), null);
}
