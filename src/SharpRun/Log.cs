using System;
using System.Collections.Generic;
using System.Globalization;
using SharpRun.Linux;
using SharpRun.Parent;
using SharpRun.Planning;

namespace SharpRun;

enum LogLevel
{
    Error, Warning, Info, Debug,
}

/// <summary>Error, warning and debug lines by write(2): to the --log file, or to stderr. Never to stdout, never by Console.
/// Managers show the last error of the file, and podman reads the file as one object: so warnings wait until the command has succeeded,
/// and are dropped when it fails, unless more than errors was asked for.</summary>
sealed class Log
{
    private const int StandardError = 2;

    private readonly List<string> _warnings = [];
    private int _file = -1;
    private bool _isJson;
    private bool _warnsOnStandardError;

    public LogLevel Level { get; set; }

    public bool IsDebug => Level == LogLevel.Debug;

    /// <summary>Opens the file, so that it exists whatever comes: docker takes a missing one for a missing program. A fifo that nobody reads is
    /// an error, and not waited for.</summary>
    public void Open(string? path, bool isJson)
    {
        _isJson = isJson;
        if (path is not null)
        {
            _file = Sys.Open(Native.AT_FDCWD, new CString(path), Native.O_WRONLY | Native.O_CREAT | Native.O_APPEND | Native.O_NOCTTY | Native.O_NONBLOCK, 0x1A4 /* 0644 */)
                .OrThrow($"open log file {path}");
        }
    }

    /// <summary>create, run and exec may warn on stderr when there is no log file; what managers read of the others has to stay clean.</summary>
    public void WarnOnStandardError() => _warnsOnStandardError = true;

    public void Debug(string message)
    {
        if (Level >= LogLevel.Debug)
        {
            Write("debug", message);
        }
    }

    public void Warning(string message)
    {
        if (Level >= LogLevel.Warning)
        {
            Write("warning", message);
        }
        else
        {
            _warnings.Add(message);
        }
    }

    /// <summary>The command can no longer fail: what was to be warned of is written.</summary>
    public void Flush()
    {
        foreach (var warning in _warnings)
        {
            if (_file >= 0 || _warnsOnStandardError)
            {
                Write("warning", warning);
            }
        }
        _warnings.Clear();
    }

    /// <summary>The timed plan: when each step began and how long it took.</summary>
    public void Times(Plan plan, Func<byte[]> recorder)
    {
        if (IsDebug)
        {
            foreach (var line in RecorderFile.Times(recorder(), plan))
            {
                Debug(line);
            }
        }
    }

    /// <summary>The last words of a failing command: one record in the log, and on stderr the plain text; without a log the record itself.</summary>
    public void Fail(Exception error, string prefix)
    {
        var message = OneLine.Of(prefix + Sentence(error));
        if (!ErrorCodes.IsExpected(error))
        {
            Debug(error.ToString());
        }
        WriteLine(_file >= 0 ? _file : StandardError, _isJson ? LogLine.Json("error", message, UtcNow(), error) : LogLine.Text("error", message, UtcNow()));
        if (_file >= 0)
        {
            WriteLine(StandardError, System.Text.Encoding.UTF8.GetBytes(message + "\n"));
        }
    }

    // What is not one of ours is a bug: its type is the best that can be said in one line.
    private static string Sentence(Exception error) =>
        ErrorCodes.IsExpected(error) ? error.Message : $"{error.GetType().Name}: {error.Message} (a bug)";

    private void Write(string level, string message) =>
        WriteLine(_file >= 0 ? _file : StandardError, _isJson ? LogLine.Json(level, message, UtcNow(), null) : LogLine.Text(level, message, UtcNow()));

    private static string UtcNow() => DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    // One call a line: several commands append to one file. Nothing can be done about an error here.
    private static void WriteLine(int fd, byte[] line) => Sys.WriteAll(fd, line);
}
