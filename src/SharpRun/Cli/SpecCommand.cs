using SharpRun.CommandLine;
using SharpRun.Linux;
using SharpRun.Parent;
using SharpRun.Planning;

namespace SharpRun.Cli;

static class SpecCommand
{
    private const string FileName = "config.json";

    private static Flag[] Flags =>
    [
        Flag.Text("bundle", "DIR", "where to write it (default: the working directory)", 'b'),
        Flag.Switch("rootless", "for a container of an ordinary user"),
    ];

    public static Command Command => new("spec", "[flags]", "write a config.json to start from", Flags, Act)
    {
        LeastWords = 0,
        MostWords = 0,
    };

    private static int Act(Arguments arguments, GlobalOptions globals, Log log)
    {
        var directory = arguments.Text("bundle") is { Length: > 0 } bundle ? bundle : ".";
        var facts = FactsReader.Read();
        var document = SpecDocument.Write(arguments.Is("rootless"), facts.CgroupLayout == CgroupLayout.V2, facts.Euid, facts.Egid);
        var opened = Sys.Open(
            Native.AT_FDCWD, new CString($"{directory}/{FileName}"), Native.O_WRONLY | Native.O_CREAT | Native.O_EXCL, 0x1B6 /* 0666 & umask */);
        if (opened.Error == Errno.EEXIST)
        {
            throw new StateError(ErrorCode.FileExists, $"File {FileName} exists. Remove it first");
        }
        var file = opened.OrThrow($"write {directory}/{FileName}");
        var error = Sys.WriteAll(file, document);
        Sys.Close(file);
        error.OrThrow($"write {directory}/{FileName}");
        return 0;
    }
}
