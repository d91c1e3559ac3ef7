using SharpRun.CommandLine;
using SharpRun.Image.Registry;
using SharpRun.Oci;

namespace SharpRun.Image.Cli;

static class Tags
{
    public static Command Command => new("tags", "REPOSITORY", "print a repository's tags", [], Act);

    private static int Act(Arguments arguments, Options options)
    {
        var reference = Words.Repository(arguments.Words[0]);
        var settings = RegistrySettings.From(options);
        // What a mirror has is not what the repository has: it is asked for nothing here.
        var endpoint = RegistriesFile.Load(settings)
            .Resolve(reference.Host, reference.Repository, isByDigest: false, takesMirrors: false, !settings.VerifiesTls)[0];
        using var client = new RegistryClient(endpoint, settings);
        client.Authorization.AddScope($"repository:{endpoint.Repository}:pull");
        NameOutput.Write(options, "repository", reference.Name, "tags", NamePages.Tags(client));
        return 0;
    }
}
