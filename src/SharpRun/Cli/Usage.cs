using System.Text;

namespace SharpRun.Cli;

/// <summary>The texts of --help, written from the same tables that the parser reads.</summary>
static class Usage
{
    public static string OfProgram()
    {
        var text = new StringBuilder("sharprun runs containers from OCI bundles\n\nusage: sharprun [global flags] COMMAND [flags] [arguments]\n\ncommands:\n");
        foreach (var name in Commands.Names)
        {
            text.Append("  ").Append(name.PadRight(10)).Append(Commands.Find(name).Help).Append('\n');
        }
        text.Append("  help      this text, or that of a command\n\nglobal flags:\n");
        AppendFlags(text, GlobalOptions.Flags);
        return text.ToString();
    }

    public static string Of(Command command)
    {
        var text = new StringBuilder();
        text.Append("sharprun ").Append(command.Name).Append(": ").Append(command.Help).Append("\n\nusage: sharprun [global flags] ");
        text.Append(command.Name).Append(' ').Append(command.Synopsis).Append('\n');
        if (command.Flags.Length > 0)
        {
            text.Append("\nflags:\n");
            AppendFlags(text, command.Flags);
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
