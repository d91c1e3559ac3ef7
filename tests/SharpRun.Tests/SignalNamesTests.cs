using SharpRun.Cli;
using SharpRun.CommandLine;
using Xunit;

namespace SharpRun.Tests;

public sealed class SignalNamesTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("9", 9)]
    [InlineData("37", 37)]
    [InlineData("64", 64)]
    [InlineData("KILL", 9)]
    [InlineData("SIGKILL", 9)]
    [InlineData("sigkill", 9)]
    [InlineData("Term", 15)]
    [InlineData("SIGHUP", 1)]
    [InlineData("USR1", 10)]
    [InlineData("STKFLT", 16)]
    [InlineData("CHLD", 17)]
    [InlineData("CLD", 17)]
    [InlineData("WINCH", 28)]
    [InlineData("POLL", 29)]
    [InlineData("IO", 29)]
    [InlineData("PWR", 30)]
    [InlineData("SYS", 31)]
    [InlineData("IOT", 6)]
    [InlineData("RTMIN", 34)]
    [InlineData("SIGRTMIN+3", 37)]
    [InlineData("rtmax", 64)]
    [InlineData("SIGRTMAX-14", 50)]
    [InlineData("RTMAX-30", 34)]
    public void A_signal_has_a_number(string text, int number) => Assert.Equal(number, SignalNames.Parse(text));

    [Theory]
    [InlineData("FOO")]
    [InlineData("")]
    [InlineData("SIG")]
    [InlineData("SIGSIGKILL")]
    [InlineData("-1")]
    [InlineData("+9")]
    [InlineData(" 9")]
    [InlineData("65")]
    [InlineData("9x")]
    [InlineData("4294967305")]
    [InlineData("RTMIN+31")]
    [InlineData("RTMIN-1")]
    [InlineData("RTMAX+1")]
    [InlineData("RTMAX-31")]
    [InlineData("RTMIN+")]
    [InlineData("RTMIN+99999999999")]
    public void An_unknown_signal_is_refused(string text) =>
        Assert.Equal($"unknown signal \"{text}\"", Assert.Throws<UsageError>(() => SignalNames.Parse(text)).Message);
}
