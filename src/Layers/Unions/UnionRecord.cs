using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using SharpRun.Json;
using SharpRun.Layers.Drivers;
using SharpRun.Oci;

namespace SharpRun.Layers.Unions;

/// <summary>record.json: what a union is made of, either chain ids or absolute directories, the lowest first. Whether it is mounted, the kernel
/// is asked.</summary>
sealed record UnionRecord(DriverKind Driver, IReadOnlyList<Digest> Chain, IReadOnlyList<string> Lower, DateTimeOffset Created)
{
    public const string FileName = "record.json";

    private const int MostBytes = 1 << 20;

    private static readonly string[] s_names = ["driver", "chain", "lower", "target", "created", "bootId"];

    /// <summary>Where it was mounted last, when that was not its own merged/. Absolute.</summary>
    public string? Target { get; init; }

    /// <summary>Of the boot in which <see cref="Target"/> was written; in another one it means nothing.</summary>
    public string? BootId { get; init; }

    public static UnionRecord Parse(ReadOnlySpan<byte> json, string what)
    {
        var fields = new Fields(JsonPart.Read(json, MostBytes, what), s_names);
        var word = fields.Require("driver");
        var driver = DriverNames.TryParse(word.Text());
        if (UnionCheck.RecordedDriverIsOne.Fails(driver is null))
        {
            throw word.Problem($"\"{JsonPart.Short(word.Text())}\" is no driver");
        }
        var chain = (fields.Texts("chain") ?? []).Select(text => Digest.Parse(text, what)).ToList();
        var lower = fields.Texts("lower") ?? [];
        var created = fields.Require("created");
        if (UnionCheck.RecordIsOfOneKind.Fails(chain.Count == 0 == (lower.Count == 0)))
        {
            throw word.Problem("either chain or lower is expected");
        }
        return new UnionRecord(driver.GetValueOrDefault(), chain, [.. lower.Select(path => Absolute(fields.Require("lower"), path))], TimeOf(created))
        {
            Target = fields.Find("target") is { } target ? Absolute(target, target.Text()) : null,
            BootId = fields.Text("bootId"),
        };
    }

    public byte[] ToJson() => JsonText.Of(json =>
    {
        json.WriteStartObject();
        WriteMembers(json);
        json.WriteEndObject();
    });

    public void WriteMembers(System.Text.Json.Utf8JsonWriter json)
    {
        json.WriteString("driver", Driver.Word());
        json.WriteTexts("chain", Chain.Count == 0 ? null : [.. Chain.Select(chainId => chainId.Text)]);
        json.WriteTexts("lower", Lower.Count == 0 ? null : Lower);
        json.WriteOptional("target", Target);
        json.WriteString("created", Created.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        json.WriteOptional("bootId", BootId);
    }

    private static string Absolute(JsonPart part, string path) =>
        UnionCheck.RecordedPathIsAbsolute.Passes(path.StartsWith('/')) ? path : throw part.Problem($"\"{JsonPart.Short(path)}\" is no absolute path");

    private static DateTimeOffset TimeOf(JsonPart part) =>
        UnionCheck.RecordedTimeIsOne.Passes(DateTimeOffset.TryParse(part.Text(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            ? time
            : throw part.Problem($"\"{JsonPart.Short(part.Text())}\" is no time");
}
