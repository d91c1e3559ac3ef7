using System;
using System.Collections.Generic;
using System.Text.Json;
using System.Text.Unicode;

namespace SharpRun.Json;

/// <summary>A value of a document, of the type that is asked for or not at all, and its path for the error. What names the document:
/// "manifest sha256:…". A null is absent, as for every other reader of these documents.</summary>
public readonly record struct JsonPart(string What, string Path, JsonElement Element)
{
    /// <summary>Levels of nesting that are read.</summary>
    public const int MaxDepth = 64;

    /// <summary>The whole document, its bytes already verified by whoever has their digest.</summary>
    public static JsonPart Read(ReadOnlySpan<byte> json, int maxLength, string what)
    {
        if (JsonCheck.DocumentIsSmall.Fails(json.Length > maxLength))
        {
            throw new JsonError($"{what}: the document is larger than {maxLength} bytes ({json.Length})");
        }
        if (json.IsEmpty)
        {
            throw new JsonError($"{what}: the document is empty");
        }
        if (!Utf8.IsValid(json) || json.StartsWith("\uFEFF"u8))
        {
            throw new JsonError($"{what}: the document is no UTF-8 without a byte order mark");
        }
        try
        {
            return new JsonPart(what, "", JsonElement.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth }));
        }
        catch (JsonException error)
        {
            throw new JsonError($"{what}: line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}: "
                + (IsTooDeep(json) ? $"the document is nested deeper than {MaxDepth} levels" : "the document is no JSON"));
        }
    }

    // The parser says it only in words that a build may leave out.
    private static bool IsTooDeep(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 1000 });
        try
        {
            while (reader.Read())
            {
                if (reader.CurrentDepth >= MaxDepth && reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
                {
                    return true;
                }
            }
        }
        catch (JsonException)
        {
        }
        return false;
    }

    public JsonError Problem(string problem) => new(Path.Length == 0 ? $"{What}: {problem}" : $"{What}: {Path}: {problem}");

    public JsonPart Property(string name, JsonElement value) => this with { Path = Path.Length == 0 ? name : $"{Path}.{name}", Element = value };

    public string Text()
    {
        Require(JsonValueKind.String, "a string");
        return Unescaped(Element);
    }

    public long Integer()
    {
        Require(JsonValueKind.Number, "a number");
        return Element.TryGetInt64(out var number) ? number : throw Problem($"{Short(Element.GetRawText())} is no whole number of 64 bits");
    }

    public bool Flag() => Element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw WrongType("true or false"),
    };

    public List<JsonPart> Items(int most = int.MaxValue)
    {
        Require(JsonValueKind.Array, "an array");
        var length = Element.GetArrayLength();
        if (JsonCheck.ItemsAreFew.Fails(length > most))
        {
            throw Problem($"{length} elements are more than the {most} that are read");
        }
        var items = new List<JsonPart>(length);
        foreach (var item in Element.EnumerateArray())
        {
            items.Add(this with { Path = $"{Path}[{items.Count}]", Element = item });
        }
        return items;
    }

    public IReadOnlyList<string> Texts() => Items().ConvertAll(item => item.Text());

    /// <summary>In the document's order; a name that is there twice is an error: of two readers each would take another one.</summary>
    public List<(string Name, JsonPart Value)> Properties()
    {
        Require(JsonValueKind.Object, "an object");
        var properties = new List<(string, JsonPart)>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in Element.EnumerateObject())
        {
            var name = NameOf(property);
            if (JsonCheck.NameIsGivenOnce.Fails(!seen.Add(name)))
            {
                throw Problem($"\"{Short(name)}\" is given twice");
            }
            properties.Add((name, Property(Short(name), property.Value)));
        }
        return properties;
    }

    public OrderedDictionary<string, string> Map()
    {
        var map = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in Properties())
        {
            // Go's readers take null for "".
            map.Add(name, value.Element.ValueKind == JsonValueKind.Null ? "" : value.Text());
        }
        return map;
    }

    /// <summary>The names of a set, which is written as an object of empty objects.</summary>
    public IReadOnlyList<string> Set() => Properties().ConvertAll(property => property.Name);

    /// <summary>What is only passed on is looked through for names that are given twice and texts that are none.</summary>
    public void RequireUnambiguous()
    {
        switch (Element.ValueKind)
        {
            case JsonValueKind.Object:
                Properties().ForEach(property => property.Value.RequireUnambiguous());
                break;
            case JsonValueKind.Array:
                Items().ForEach(item => item.RequireUnambiguous());
                break;
            case JsonValueKind.String:
                Text();
                break;
            default:
                break;
        }
    }

    public static string Short(string text) => text.Length <= 100 ? text : text[..100] + "...";

    private void Require(JsonValueKind kind, string expected)
    {
        if (Element.ValueKind != kind)
        {
            throw WrongType(expected);
        }
    }

    private JsonError WrongType(string expected) => Problem($"{expected} is expected, found " + Element.ValueKind switch
    {
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => "null",
    });

    private string Unescaped(JsonElement element)
    {
        try
        {
            var text = element.GetString()!;
            return text.Contains('\0') ? throw Problem("the text has a NUL character") : text;
        }
        catch (InvalidOperationException)
        {
            throw Problem("the text has half of a surrogate pair");
        }
    }

    private string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name.Contains('\0') ? throw Problem("a name has a NUL character") : property.Name;
        }
        catch (InvalidOperationException)
        {
            throw Problem("a name has half of a surrogate pair");
        }
    }
}
