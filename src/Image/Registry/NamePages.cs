using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Http;
using System.Text.Json;
using SharpRun.Json;
using SharpRun.Oci;

namespace SharpRun.Image.Registry;

/// <summary>Lists that a registry gives page by page: tags and repositories (distribution-spec, "Listing Tags"; docker's catalog). The address of
/// the next page is in the Link header (RFC 8288).</summary>
static class NamePages
{
    private const int PageSize = 1000;

    public static List<string> Tags(RegistryClient client) =>
        Read(client, client.InRepository($"tags/list?n={PageSize}"), "tags", $"list the tags of {client.Endpoint}");

    public static List<string> Repositories(RegistryClient client)
    {
        client.Authorization.AddScope("registry:catalog:*");
        return Read(client, client.AddressOf($"_catalog?n={PageSize}"), "repositories", $"list the repositories of {client.Endpoint.Host}");
    }

    private static List<string> Read(RegistryClient client, Uri first, string member, string act)
    {
        List<string> names = [];
        HashSet<string> seen = [];
        for (Uri? page = first; page is not null;)
        {
            if (ImageCheck.PagesGoOn.Fails(!seen.Add(page.AbsoluteUri)))
            {
                throw new ImageError($"{act}: its pages lead in a circle");
            }
            if (seen.Count > RegistryLimits.Pages)
            {
                throw new ImageError($"{act}: more than {RegistryLimits.Pages} pages");
            }
            var answer = client.Ask(new Request(HttpMethod.Get, page), act, RegistryLimits.Page);
            if (answer.Status != HttpStatusCode.OK)
            {
                throw client.Refused(act, answer);
            }
            AddNames(names, answer.Body, member, act);
            page = Next(page, answer, act);
        }
        return names;
    }

    private static void AddNames(List<string> names, byte[] body, string member, string act)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            // A repository without tags has null there.
            if (!document.RootElement.TryGetProperty(member, out var list) || list.ValueKind == JsonValueKind.Null)
            {
                return;
            }
            foreach (var element in list.EnumerateArray())
            {
                var name = element.GetString() ?? "";
                // Printed a line each: a name of a registry must not be two lines, nor speak to the terminal.
                if (ImageCheck.ListedNameIsPrintable.Fails(name.Length == 0 || name.AsSpan().IndexOfAnyExceptInRange('!', '~') >= 0))
                {
                    throw new ImageError($"{act}: \"{OneLine.Of(name)}\" is no name");
                }
                if (names.Count == RegistryLimits.Names)
                {
                    throw new ImageError($"{act}: more than {RegistryLimits.Names} names");
                }
                names.Add(name);
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new ImageError($"{act}: the answer is not the JSON of a list of {member}");
        }
    }

    // Link: </v2/NAME/tags/list?n=1000&last=x>; rel="next"
    private static Uri? Next(Uri page, Answer answer, string act)
    {
        if (answer.Header("Link") is not { } link || !link.Contains("next", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }
        var (start, end) = (link.IndexOf('<', StringComparison.Ordinal), link.IndexOf('>', StringComparison.Ordinal));
        if (start < 0 || end < start)
        {
            throw new ImageError($"{act}: the Link to the next page is \"{OneLine.Of(link)}\"");
        }
        var next = Address.Resolve(page, link[(start + 1)..end], $"{act}: Link");
        // Some registries behind a proxy write their inner name there; the path is what counts, and the Authorization stays here.
        return ImageCheck.PageStaysAtItsOrigin.Passes(Address.IsSameOrigin(page, next)) ? next : Address.Resolve(page, next.PathAndQuery, $"{act}: Link");
    }
}
