using System;
using SharpRun.Cli;
using SharpRun.CommandLine;
using SharpRun.Linux;

[assembly: System.Runtime.CompilerServices.InternalsVisibleTo("SharpRun.Tests")]
[assembly: System.Runtime.CompilerServices.InternalsVisibleTo("Seccomp.Tests")]
[assembly: System.Runtime.CompilerServices.InternalsVisibleTo("fuzz")]

namespace SharpRun;

/// <summary>argv becomes a command; the one catch; the one place that prints an error.</summary>
static class Program
{
    private static int Main(string[] argv)
    {
        // The command, from when it acts: what its arguments do wrong has no prefix, since nothing was begun, and ends with 1, also in exec.
        Command? begun = null;
        var log = new Log();
        int code;
        try
        {
            StandardDescriptors.Secure(argv);
            // A caller that ignores it has handed that down through execve(2), and then the kernel reaps our children before we can ask how
            // they ended (waitid(2): ECHILD).
            Sys.SetHandler(Native.SIGCHLD, Native.SIG_DFL);
            code = Run(argv, log, ref begun);
            log.Flush();
        }
        catch (Exception error)
        {
            log.Fail(error, error is UsageError or DocumentError ? "" : begun?.ErrorPrefix ?? "");
            code = begun?.FailureCode ?? 1;
        }
        // Not by return: there is nothing that the runtime would have to bring to an end.
        Sys.Exit(code);
        return code;
    }

    private static int Run(string[] argv, Log log, ref Command? begun)
    {
        var words = new Arguments(GlobalOptions.Tool);
        int next;
        try
        {
            next = words.Read(argv, 0, Arguments.StopAtFirstWord);
        }
        finally
        {
            // First of all, also for an error of the parser itself: managers read the reason there.
            GlobalOptions.OpenLog(words, log);
        }
        if (words.WantsHelp || (next == argv.Length && !words.Is("version")))
        {
            Output.Write(Commands.Help());
            return 0;
        }
        if (words.Is("version"))
        {
            return Cli.Version.Print();
        }
        if (argv[next] is "help" or "h")
        {
            return Help(argv, next + 1);
        }
        var command = Commands.Find(argv[next]);
        RequireBuilt(command);
        if (command.WarnsOnStandardError)
        {
            log.WarnOnStandardError();
        }
        return Call(command, argv, next + 1, GlobalOptions.From(words), log, ref begun);
    }

    private static int Call(Command command, string[] argv, int next, GlobalOptions globals, Log log, ref Command? begun)
    {
        var arguments = new Arguments(GlobalOptions.Tool, command.Flags, command.Name);
        arguments.Read(argv, next, command.WordsBeforeFreeText);
        if (arguments.WantsHelp)
        {
            Output.Write(Commands.Help(command));
            return 0;
        }
        arguments.RequireWords(command.LeastWords, command.MostWords);
        begun = command;
        return command.Act(arguments, globals, log);
    }

    private static int Help(string[] argv, int next)
    {
        if (next == argv.Length)
        {
            Output.Write(Commands.Help());
            return 0;
        }
        var command = Commands.Find(argv[next]);
        RequireBuilt(command);
        Output.Write(Commands.Help(command));
        return 0;
    }

    private static void RequireBuilt(Command command)
    {
        if (command.IsNotYet)
        {
            throw new UsageError($"{command.Name}: not built yet", isUnsupported: true);
        }
    }
}
