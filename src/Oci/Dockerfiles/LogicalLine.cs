using System.Collections.Generic;

namespace SharpRun.Oci.Dockerfiles;

/// <summary>A document inside the Dockerfile: "&lt;&lt;EOF". Name without its quotes; a quoted one (Expands is false) keeps its variables as they stand.
/// Word is how the instruction spells it, "&lt;&lt;-'EOF'".</summary>
public sealed record Heredoc(string Name, string Word, string Content, bool Expands);

/// <summary>One instruction with its continuation lines joined and its comments left out. Number counts from 1, of its first line.</summary>
sealed record LogicalLine(int Number, string Keyword, string Rest, IReadOnlyList<Heredoc> Heredocs);
