using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using SharpRun.Cgroups;
using SharpRun.CommandLine;
using SharpRun.Parent;
using SharpRun.State;

namespace SharpRun.Cli;

/// <summary>The processes of a container, by their numbers on the host: a JSON array (containerd's shim reads it, for `docker top`), or the
/// lines about them of the host's own ps(1).</summary>
static class Ps
{
    private static readonly string[] s_usualOptions = ["-ef"];

    private static Flag[] Flags => [Flag.Text("format", "table|json", "form of the output (default table)", 'f')];

    public static Command Command => new("ps", "[flags] ID [PS OPTION...]", "print the processes of a container (ps options: default -ef)", Flags, Act)
    {
        MostWords = int.MaxValue,
        WordsBeforeFreeText = 1,
    };

    private static int Act(Arguments arguments, GlobalOptions globals, Log log)
    {
        var id = ContainerId.Checked(arguments.Words[0]);
        var format = arguments.Text("format") is { Length: > 0 } given ? given : "table";
        if (format is not ("table" or "json"))
        {
            throw new UsageError("invalid format option");
        }
        var pids = Processes(globals, id);
        if (format == "json")
        {
            Output.Write(Json(pids));
            return 0;
        }
        IReadOnlyList<string> options = arguments.Words.Count > 1 ? arguments.Words[1..] : s_usualOptions;
        Output.Write(Lines(HostPs.Run(options), pids));
        return 0;
    }

    private static List<int> Processes(GlobalOptions globals, string id)
    {
        using var directory = StateRoot.OpenContainer(globals.StateRootPath, id);
        var state = directory.Read();
        // While it is being created its groups may still be found to be another's.
        return state.Init.Pid == 0 ? [] : RecordedCgroups.Processes(state.RequireCgroup("cannot list its processes").Directories);
    }

    // runc's null for none, as its list has it.
    private static string Json(List<int> pids) =>
        pids.Count == 0 ? "null\n" : $"[{string.Join(',', pids.ConvertAll(pid => pid.ToString(CultureInfo.InvariantCulture)))}]\n";

    /// <summary>The heading, and the lines with one of the numbers in the column PID.</summary>
    internal static string Lines(string table, List<int> pids)
    {
        var text = new StringBuilder();
        var column = -1;
        foreach (var line in table.Split('\n'))
        {
            var fields = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (column < 0)
            {
                column = Array.IndexOf(fields, "PID");
                if (column < 0)
                {
                    throw new UsageError("couldn't find PID field in ps output");
                }
                text.Append(line).Append('\n');
            }
            else if (fields.Length > column && int.TryParse(fields[column], NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pids.Contains(pid))
            {
                text.Append(line).Append('\n');
            }
        }
        return text.ToString();
    }
}
