namespace SharpRun.CommandLine;

/// <summary>What the parser and the help know of one of our programs: its name, what it does, and the flags that stand before a command.</summary>
public sealed record Tool(string Name, string Purpose, Flag[] Flags);
