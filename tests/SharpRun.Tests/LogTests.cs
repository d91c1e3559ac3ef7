using System;
using System.IO;
using System.Text;
using System.Text.Json;
using SharpRun.Cli;
using SharpRun.CommandLine;
using SharpRun.Linux;
using SharpRun.Parent;
using SharpRun.Planning;
using Xunit;

namespace SharpRun.Tests;

public sealed class LogTests
{
    private const string Time = "2026-11-24T00:24:10Z";

    private static string Json(string message, Exception? error = null) => Encoding.UTF8.GetString(LogLine.Json("error", message, Time, error));

    [Fact]
    public void A_text_line_has_the_form_that_readers_know() =>
        Assert.Equal(
            "time=\"2026-11-24T00:24:10Z\" level=error msg=\"container does not exist\"\n",
            Encoding.UTF8.GetString(LogLine.Text("error", "container does not exist", Time)));

    [Fact]
    public void A_text_line_is_one_line() =>
        Assert.Equal(
            "time=\"2026-11-24T00:24:10Z\" level=error msg=\"a \\\"b\\\" \\\\ \\n \\t \\r \\x1b é\"\n",
            Encoding.UTF8.GetString(LogLine.Text("error", "a \"b\" \\ \n \t \r \x1b é", Time)));

    [Fact]
    public void A_json_line_has_the_form_that_readers_know() =>
        Assert.Equal("{\"level\":\"error\",\"msg\":\"container does not exist\",\"time\":\"2026-11-24T00:24:10Z\"}\n", Json("container does not exist"));

    [Theory]
    [InlineData("a \"b\" \\ \n \t \0 \x1b é <&>")]
    [InlineData("\ud800")]
    public void A_json_line_is_one_object_on_one_line(string message)
    {
        var line = Json(message);
        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
        using var document = JsonDocument.Parse(line);
        Assert.Equal(message.Replace('\ud800', '\ufffd'), document.RootElement.GetProperty("msg").GetString());
    }

    [Fact]
    public void The_cause_follows_for_programs()
    {
        Assert.EndsWith(",\"code\":\"config-invalid\",\"path\":\"mounts[4].options[1]\"}\n", Json("x", new SpecError("mounts[4].options[1]", "p")), StringComparison.Ordinal);
        Assert.EndsWith(",\"code\":\"step-failed\",\"step\":\"mask /proc/keys\",\"errno\":\"EPERM\"}\n", Json("x", new StepError("m", "mask /proc/keys", Errno.EPERM, ErrorCode.StepFailed)), StringComparison.Ordinal);
        Assert.EndsWith(",\"code\":\"bundle-missing\",\"errno\":\"ENOENT\"}\n", Json("x", new BundleError("chdir /x", Errno.ENOENT)), StringComparison.Ordinal);
        Assert.EndsWith(",\"code\":\"system-call-failed\",\"errno\":\"ENOENT\"}\n", Json("x", new ErrnoException("open x", Errno.ENOENT)), StringComparison.Ordinal);
        Assert.EndsWith(",\"code\":\"container-not-running\"}\n", Json("x", new StateError(ErrorCode.ContainerNotRunning, "m")), StringComparison.Ordinal);
        Assert.EndsWith(",\"code\":\"usage-invalid\"}\n", Json("x", new UsageError("m")), StringComparison.Ordinal);
        Assert.EndsWith(",\"code\":\"internal\"}\n", Json("x", new InvalidOperationException("m")), StringComparison.Ordinal);
    }

    private static (string Text, string Error) Failing(string[] globals, Action<Log> before)
    {
        using var root = new TemporaryRoot();
        var log = new Log();
        var words = new Arguments(GlobalOptions.Tool);
        words.Read(["--log", root["log"], .. globals], 0, Arguments.StopAtFirstWord);
        GlobalOptions.OpenLog(words, log);
        Assert.True(File.Exists(root["log"]));
        before(log);
        log.Fail(new StateError(ErrorCode.ContainerNotFound, "the end"), "sharprun create failed: ");
        return (File.ReadAllText(root["log"]), root["log"]);
    }

    [Fact]
    public void A_failing_command_writes_exactly_one_line()
    {
        var (text, _) = Failing(["--log-format=json"], log =>
        {
            log.Warning("unknown capability");
            log.Debug("a step");
        });
        using var document = JsonDocument.Parse(text);
        Assert.Equal("sharprun create failed: the end", document.RootElement.GetProperty("msg").GetString());
        Assert.Equal("container-not-found", document.RootElement.GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("--debug", 3)]
    [InlineData("--log-level=debug", 3)]
    [InlineData("--log-level=warning", 2)]
    [InlineData("--log-level=error", 1)]
    public void Who_asks_for_more_gets_more(string flag, int lines)
    {
        var (text, _) = Failing([flag], log =>
        {
            log.Warning("unknown capability");
            log.Debug("a step");
        });
        Assert.Equal(lines, text.Split('\n').Length - 1);
        Assert.Contains("the end", text.Split('\n')[lines - 1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_warning_is_written_when_the_command_has_succeeded()
    {
        using var root = new TemporaryRoot();
        var log = new Log();
        log.Open(root["log"], isJson: false);
        log.Warning("unknown capability");
        Assert.Equal("", File.ReadAllText(root["log"]));
        log.Flush();
        log.Flush();
        Assert.EndsWith(" level=warning msg=\"unknown capability\"\n", File.ReadAllText(root["log"]), StringComparison.Ordinal);
        Assert.Single(File.ReadAllLines(root["log"]));
    }

    [Fact]
    public void The_file_is_appended_to()
    {
        using var root = new TemporaryRoot();
        File.WriteAllText(root["log"], "before\n");
        var log = new Log();
        log.Open(root["log"], isJson: false);
        log.Level = LogLevel.Debug;
        log.Debug("after");
        Assert.StartsWith("before\ntime=", File.ReadAllText(root["log"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--log-format=xml", "invalid log-format: xml")]
    [InlineData("--log-level=loud", "invalid log-level: loud")]
    public void A_wrong_form_is_an_error_after_the_file_exists(string flag, string message)
    {
        using var root = new TemporaryRoot();
        var words = new Arguments(GlobalOptions.Tool);
        words.Read(["--log", root["log"], flag], 0, Arguments.StopAtFirstWord);
        Assert.Equal(message, Assert.Throws<UsageError>(() => GlobalOptions.OpenLog(words, new Log())).Message);
        Assert.True(File.Exists(root["log"]));
    }
}
