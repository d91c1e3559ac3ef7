using System;
using System.Text;

namespace SharpRun.CommandLine;

/// <summary>The texts of --help, written from the same tables that the parser reads.</summary>
public static class Usage
{
    /// <summary>A line of help for every command, in their order.</summary>
    public static string OfProgram(Tool tool, ReadOnlySpan<string> commands, Func<string, string> help)
    {
        var text = new StringBuilder($"{tool.Name} {tool.Purpose}\n\nusage: {tool.Name} [global flags] COMMAND [flags] [arguments]\n\ncommands:\n");
        foreach (var name in commands)
        {
            text.Append("  ").Append(name.PadRight(10)).Append(help(name)).Append('\n');
        }
        text.Append("  help      this text, or that of a command\n\nglobal flags:\n");
        AppendFlags(text, tool.Flags);
        return text.ToString();
    }

    public static string OfCommand(Tool tool, string name, string synopsis, string help, Flag[] flags)
    {
        var text = new StringBuilder();
        text.Append(tool.Name).Append(' ').Append(name).Append(": ").Append(help).Append("\n\nusage: ");
        text.Append(tool.Name).Append(" [global flags] ").Append(name).Append(' ').Append(synopsis).Append('\n');
        if (flags.Length > 0)
        {
            text.Append("\nflags:\n");
            AppendFlags(text, flags);
        }
        return text.ToString();
    }

    private static void AppendFlags(StringBuilder text, Flag[] flags)
    {
        foreach (var flag in flags)
        {
            var words = $"--{flag.Name}{(flag.Short == '\0' ? "" : ", -" + flag.Short)}{(flag.Value.Length == 0 ? "" : " " + flag.Value)}";
            text.Append("  ").Append(words.PadRight(28)).Append(' ').Append(flag.Help).Append('\n');
        }
        text.Append("  ").Append("--help, -h".PadRight(28)).Append(" this text\n");
    }
}
