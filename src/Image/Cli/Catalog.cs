using System;
using System.IO.Enumeration;
using SharpRun.CommandLine;
using SharpRun.Image.Registry;
using SharpRun.Oci;

namespace SharpRun.Image.Cli;

/// <summary>The distribution-spec has no search: the filter is a part of a name, or a pattern with * and ?, over the whole catalogue.</summary>
static class Catalog
{
    public static Command Command => new("catalog", "HOST [FILTER]", "print a registry's repositories", [], Act) { MostWords = 2 };

    private static int Act(Arguments arguments, Options options)
    {
        var host = Words.Host(arguments.Words[0]);
        var settings = RegistrySettings.From(options);
        var endpoint = RegistriesFile.Load(settings).Resolve(host, "", isByDigest: false, takesMirrors: false, !settings.VerifiesTls)[0];
        using var client = new RegistryClient(endpoint, settings);
        var names = NamePages.Repositories(client);
        if (arguments.Words.Count == 2)
        {
            names.RemoveAll(name => !IsMatch(arguments.Words[1], name));
        }
        NameOutput.Write(options, "host", host, "repositories", names);
        return 0;
    }

    internal static bool IsMatch(string filter, string name) => filter.AsSpan().IndexOfAny('*', '?') >= 0
        ? FileSystemName.MatchesSimpleExpression(filter, name, ignoreCase: false)
        : name.Contains(filter, StringComparison.Ordinal);
}
