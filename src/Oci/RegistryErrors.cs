using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using SharpRun.Json;

namespace SharpRun.Oci;

/// <summary>What a registry says in the body of an answer that is an error (distribution-spec, "Error codes"), and what token servers say.</summary>
public static class RegistryErrors
{
    /// <summary>"manifest unknown (MANIFEST_UNKNOWN)"; several are joined by "; ". Null when the body says nothing that can be read.</summary>
    public static string? SentenceOf(ReadOnlySpan<byte> body)
    {
        if (body.Length is 0 or > OciLimits.MaxErrorLength)
        {
            return null;
        }
        try
        {
            var root = JsonElement.Parse(body, new JsonDocumentOptions { MaxDepth = JsonPart.MaxDepth });
            if (root.ValueKind != JsonValueKind.Object)
            {
                return null;
            }
            var sentences = root.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array
                ? errors.EnumerateArray().Select(SentenceOf).Where(sentence => sentence is not null).Distinct().Take(5).ToList()
                : [];
            var sentence = sentences.Count > 0 ? string.Join("; ", sentences) : OfTokenServer(root);
            return sentence is null ? null : OneLine.Of(sentence);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // No JSON, no UTF-8, or half of a surrogate pair: a proxy's page, most often.
            return null;
        }
    }

    private static string? SentenceOf(JsonElement error)
    {
        if (error.ValueKind != JsonValueKind.Object)
        {
            return error.ValueKind == JsonValueKind.String ? error.GetString() : null;
        }
        var (code, message) = (Text(error, "code"), Text(error, "message"));
        return message is null ? code : code is null ? message : $"{message} ({code})";
    }

    // RFC 6749, section 5.2, and what docker.io's and others' servers write.
    private static string? OfTokenServer(JsonElement root) =>
        Text(root, "error_description") ?? Text(root, "details") ?? Text(root, "message") ?? Text(root, "error");

    private static string? Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
}
