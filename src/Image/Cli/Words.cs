using System;
using SharpRun.CommandLine;
using SharpRun.Json;
using SharpRun.Oci;

namespace SharpRun.Image.Cli;

/// <summary>Words of the command line that are names: one that is none is a wrong argument, while the same in a file is an error of the image.</summary>
static class Words
{
    public static ImageName Image(string word) => Read(ImageName.Parse, word);

    /// <summary>A registry, also as it stands in the name of an image.</summary>
    public static string Host(string word) => Read(RegistryReference.ParseHost, WithoutTransport(word));

    public static RegistryReference Repository(string word) => Read(RegistryReference.ParseRepository, WithoutTransport(word));

    public static Platform Platform(string word) => Read(Oci.Platform.Parse, word);

    private static string WithoutTransport(string word)
    {
        const string Transport = "docker://";
        return word.StartsWith(Transport, StringComparison.Ordinal) ? word[Transport.Length..] : word;
    }

    private static T Read<T>(Func<string, T> parse, string word)
    {
        try
        {
            return parse(word);
        }
        catch (JsonError error)
        {
            throw new UsageError(error.Message);
        }
    }
}
