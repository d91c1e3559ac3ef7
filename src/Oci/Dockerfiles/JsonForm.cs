using System.Collections.Generic;
using System.Text;
using System.Text.Json;

namespace SharpRun.Oci.Dockerfiles;

/// <summary>The exec form: ["a", "b"]. What is no JSON is the shell form, as "[ -f x ] &amp;&amp; y" is.</summary>
static class JsonForm
{
    /// <summary>Null: the shell form. An array of something else than strings is an error, as docker has it.</summary>
    public static List<string>? TryRead(string text)
    {
        if (!text.StartsWith('['))
        {
            return null;
        }
        List<string> words = [];
        var hasOthers = false;
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
            reader.Read();
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.String)
                {
                    words.Add(reader.GetString()!);
                }
                else
                {
                    hasOthers |= reader.TokenType != JsonTokenType.EndArray || reader.CurrentDepth > 0;
                }
            }
        }
        // A lone surrogate in \u.... is the second kind.
        catch (System.Exception error) when (error is JsonException or System.InvalidOperationException)
        {
            return null;
        }
        return hasOthers ? throw new ImageError("only strings can stand in a JSON array") : words;
    }
}
