using System;
using System.IO;
using System.Net;
using System.Net.Http;
using SharpRun.Json;
using SharpRun.Oci;

namespace SharpRun.Image.Registry;

/// <summary>A whole answer: the body of a success up to its limit, that of an error as far as it can hold a sentence.</summary>
sealed record Answer(HttpStatusCode Status, HttpResponseMessage Head, byte[] Body)
{
    public bool IsSuccess => (int)Status is >= 200 and < 300;

    /// <summary>What the registry says of its refusal, or the status in words.</summary>
    public string Sentence => SentenceOf(Head, Body);

    /// <summary>A header's first value as it came, whichever of the two places the BCL has it in. Parsed, a Location would be another address:
    /// the BCL decodes what it thinks it may.</summary>
    public static string? Header(HttpResponseMessage response, string name)
    {
        if (!response.Headers.NonValidated.TryGetValues(name, out var values) && !response.Content.Headers.NonValidated.TryGetValues(name, out values))
        {
            return null;
        }
        foreach (var value in values)
        {
            return value;
        }
        return null;
    }

    public string? Header(string name) => Header(Head, name);

    public static Answer Read(HttpResponseMessage response, int limit, string act, RegistrySettings settings)
    {
        using (response)
        {
            var isSuccess = response.IsSuccessStatusCode;
            var most = isSuccess ? limit : Math.Min(limit, RegistryLimits.ErrorBody);
            if (isSuccess && response.Content.Headers.ContentLength > limit && response.RequestMessage?.Method != HttpMethod.Head)
            {
                throw new ImageError($"{act}: the answer has {response.Content.Headers.ContentLength} bytes, and more than {limit} are not taken");
            }
            var body = new MemoryStream();
            using var stream = response.Content.ReadAsStream();
            var pace = new Pace(settings.IdleTime);
            var buffer = new byte[16 << 10];
            int count;
            while ((count = stream.Read(buffer)) > 0)
            {
                pace.Count(count);
                var room = (int)(most - body.Length);
                body.Write(buffer, 0, Math.Min(count, room));
                if (ImageCheck.AnswerIsSmall.Fails(count > room))
                {
                    if (isSuccess)
                    {
                        throw new ImageError($"{act}: the answer has more than {limit} bytes");
                    }
                    break;
                }
            }
            return new Answer(response.StatusCode, response, body.ToArray());
        }
    }

    public static string SentenceOf(HttpResponseMessage head, byte[] body) =>
        RegistryErrors.SentenceOf(body) ?? $"the server answers {(int)head.StatusCode} {OneLine.Of(head.ReasonPhrase ?? "")}".TrimEnd();
}
