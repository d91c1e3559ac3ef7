namespace SharpRun.Planning;

/// <summary>A terminal of the container's own devpts becomes the standard streams and the session's terminal. A size of zero is left to
/// the kernel.</summary>
public sealed record OpenTerminal(ushort Rows, ushort Columns) : Step
{
    public override string Text => Rows == 0 || Columns == 0 ? "open a terminal" : $"open a terminal of {Rows} rows and {Columns} columns";
}

/// <summary>/dev/console is the container's terminal, on a file that is no link (R8, CVE-2025-52565).</summary>
public sealed record BindConsole : Step
{
    public override string Text => "bind the terminal at /dev/console";
}

/// <summary>The other side goes to whoever will show the terminal: the console socket, or the runtime itself.</summary>
public sealed record SendTerminal : Step
{
    public override string Text => "send the terminal's other side to the console socket";
}
