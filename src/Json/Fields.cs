using System;
using System.Collections.Generic;
using System.Text.Json;

namespace SharpRun.Json;

/// <summary>An object's members: those that we know by name, the others as they are. A known name in another letter case is an error, since the
/// readers written in Go would take it for the same, or is taken for the same here too.</summary>
public sealed class Fields
{
    private readonly JsonPart _of;
    private readonly Dictionary<string, JsonPart> _known = new(StringComparer.Ordinal);
    private readonly List<(string, JsonElement)> _unknown = [];

    /// <param name="of">The object.</param>
    /// <param name="known">The names that are known.</param>
    /// <param name="anyCase">Letter case does not matter: the document's writers know only Go's readers.</param>
    public Fields(JsonPart of, ReadOnlySpan<string> known, bool anyCase = false)
    {
        _of = of;
        foreach (var (name, value) in of.Properties())
        {
            var spelling = Spelling(name, known);
            if (spelling is null)
            {
                value.RequireUnambiguous();
                _unknown.Add((name, value.Element));
            }
            else if (JsonCheck.LetterCaseIsRight.Fails(spelling != name && !anyCase))
            {
                throw of.Problem($"\"{name}\" is not \"{spelling}\": letter case matters");
            }
            else if (value.Element.ValueKind != JsonValueKind.Null && !_known.TryAdd(spelling, value))
            {
                throw of.Problem($"\"{spelling}\" is given twice");
            }
        }
    }

    public Members Unknown => _unknown.Count == 0 ? Members.None : new Members(_unknown);

    public JsonPart? Find(string name) => _known.TryGetValue(name, out var value) ? value : null;

    public JsonPart Require(string name) => Find(name) ?? throw _of.Property(name, default).Problem("the member is missing");

    public bool Has(string name) => _known.ContainsKey(name);

    /// <summary>Null when it is absent or empty.</summary>
    public string? Text(string name) => Find(name)?.Text() is { Length: > 0 } text ? text : null;

    public IReadOnlyList<string>? Texts(string name) => Find(name)?.Texts();

    public OrderedDictionary<string, string>? Map(string name) => Find(name)?.Map();

    private static string? Spelling(string name, ReadOnlySpan<string> known)
    {
        foreach (var one in known)
        {
            if (name.Equals(one, StringComparison.OrdinalIgnoreCase))
            {
                return one;
            }
        }
        return null;
    }
}
