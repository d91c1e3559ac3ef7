using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using SharpRun.CommandLine;
using SharpRun.Linux;
using SharpRun.Parent;
using SharpRun.Planning;
using Xunit;

namespace SharpRun.Tests;

public sealed partial class ErrorCodeTests
{
    [GeneratedRegex(@"^\| `([a-z-]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "SharpRun.sln")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }
        return folder;
    }

    private static IEnumerable<string> Documented()
    {
        var text = File.ReadAllText(Path.Combine(Root(), "spec", "errors.md"));
        var from = text.IndexOf("\n## Codes", StringComparison.Ordinal);
        return Row().Matches(text[from..text.IndexOf("\n## ", from + 1, StringComparison.Ordinal)]).Select(match => match.Groups[1].Value);
    }

    [Fact]
    public void The_document_lists_exactly_the_codes_that_there_are() =>
        Assert.Equal(Enum.GetValues<ErrorCode>().Select(ErrorCodes.Text), Documented());

    [Fact]
    public void Every_code_has_a_text_of_its_own() =>
        Assert.Equal(Enum.GetValues<ErrorCode>().Length, Enum.GetValues<ErrorCode>().Select(ErrorCodes.Text).Distinct().Count());

    [Fact]
    public void Every_code_is_given_somewhere()
    {
        var sources = string.Concat(Directory.GetFiles(Path.Combine(Root(), "src", "SharpRun"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.EndsWith("/ErrorCode.cs", StringComparison.Ordinal) && !Regex.IsMatch(file, "/(obj|bin)/"))
            .Select(File.ReadAllText));
        // These are made from the type of the exception, or from the step, in ErrorCode.cs itself.
        ErrorCode[] derived =
        [
            ErrorCode.UsageInvalid, ErrorCode.UsageUnsupported, ErrorCode.ConfigInvalid, ErrorCode.ConfigUnsupported, ErrorCode.BundleMissing,
            ErrorCode.ProgramNotFound, ErrorCode.ProgramNotExecutable, ErrorCode.StepFailed, ErrorCode.HookFailed, ErrorCode.SystemCallFailed, ErrorCode.SystemdFailed,
            ErrorCode.Internal,
        ];
        Assert.Empty(Enum.GetValues<ErrorCode>().Except(derived).Where(code => !sources.Contains($"ErrorCode.{code}", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(Errno.OK, "program-not-found")]
    [InlineData(Errno.ENOENT, "program-not-found")]
    [InlineData(Errno.EACCES, "program-not-executable")]
    [InlineData(Errno.ENOEXEC, "program-not-executable")]
    public void A_program_is_missing_or_cannot_be_executed(Errno error, string code)
    {
        Assert.Equal(code, ErrorCodes.Of(new Exec([], []), error).Text());
        Assert.Equal("step-failed", ErrorCodes.Of(new PivotRoot(false), error).Text());
    }

    [Fact]
    public void An_exception_has_the_code_of_its_meaning()
    {
        Assert.Equal(ErrorCode.ConfigInvalid, ErrorCodes.Of(new SpecError("a", "b")));
        Assert.Equal(ErrorCode.ConfigUnsupported, ErrorCodes.Of(NotYet.Error("a", "b", "c")));
        Assert.Equal(ErrorCode.BundleMissing, ErrorCodes.Of(new BundleError("chdir /x", Errno.ENOENT)));
        Assert.Equal(ErrorCode.ContainerExists, ErrorCodes.Of(new StateError(ErrorCode.ContainerExists, "m")));
        Assert.Equal(ErrorCode.UsageInvalid, ErrorCodes.Of(new UsageError("m")));
        Assert.Equal(ErrorCode.SystemCallFailed, ErrorCodes.Of(new ErrnoException("open x", Errno.EIO)));
        Assert.Equal(ErrorCode.OutOfMemory, ErrorCodes.Of(new StepError("m", "s", Errno.OK, ErrorCode.OutOfMemory)));
        Assert.Equal(ErrorCode.Internal, ErrorCodes.Of(new InvalidOperationException("m")));
    }
}
