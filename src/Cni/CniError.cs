using System;
using SharpRun.Json;

namespace SharpRun.Cni;

/// <summary>A CNI call that fails; the codes are the specification's (1.1.0, "Error"), or those of a plugin that we have called.</summary>
public sealed class CniError(CniCode code, string message) : Exception(OneLine.Of(message))
{
    public CniCode Code { get; } = code;

    /// <summary>More about it than the sentence says: what another plugin has given us in "details".</summary>
    public string Details { get; init; } = "";

    /// <summary>As it is printed on stdout.</summary>
    public byte[] ToDocument(string version) => JsonText.Of(json =>
    {
        json.WriteStartObject();
        json.WriteString("cniVersion", version);
        json.WriteNumber("code", (int)Code);
        json.WriteString("msg", Message);
        json.WriteOptional("details", Details);
        json.WriteEndObject();
    });

    /// <summary>What another plugin has printed before it ended with another status than 0; null when that is no error in the specification's form.</summary>
    public static CniError? Read(ReadOnlySpan<byte> document, string what)
    {
        try
        {
            var fields = new Fields(JsonPart.Read(document, NetworkConfig.MaxLength, what), ["cniVersion", "code", "msg", "details"], anyCase: true);
            var code = fields.Require("code").Integer();
            var details = fields.Text("details") ?? "";
            return new CniError((CniCode)(int)Math.Clamp(code, 1, int.MaxValue), $"{what}: {fields.Text("msg") ?? "no message"}{(details.Length > 0 ? $"; {details}" : "")}");
        }
        catch (JsonError)
        {
            return null;
        }
    }
}

public enum CniCode
{
    IncompatibleVersion = 1,
    UnsupportedField = 2,
    UnknownContainer = 3,
    InvalidEnvironment = 4,
    IO = 5,
    Decoding = 6,
    InvalidConfig = 7,
    InvalidNetNs = 8,
    TryAgain = 11,
    NotAvailable = 50,
    NotAvailableLimited = 51,

    /// <summary>Ours (codes from 100 on are each plugin's own): the kernel, or what is there already, refuses. The sentence says what.</summary>
    Refused = 100,

    Internal = 999,
}

static class CniErrors
{
    /// <summary>The document can be read, but cannot be meant.</summary>
    public static CniError Invalid(this JsonPart part, string problem) => new(CniCode.InvalidConfig, part.Problem(problem).Message);

    /// <summary>What it asks for is known, and not to be had here.</summary>
    public static CniError Unsupported(this JsonPart part, string problem) => new(CniCode.UnsupportedField, part.Problem(problem).Message);
}
