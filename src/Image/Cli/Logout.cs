using SharpRun.CommandLine;
using SharpRun.Image.Registry;
using SharpRun.Oci;

namespace SharpRun.Image.Cli;

static class Logout
{
    public static Command Command => new("logout", "HOST", "forget a registry's credentials", [], Act);

    private static int Act(Arguments arguments, Options options)
    {
        var host = Words.Host(arguments.Words[0]);
        Forget(host, RegistrySettings.From(options));
        return 0;
    }

    internal static void Forget(string host, RegistrySettings settings)
    {
        var path = CredentialFile.PlaceToWrite(settings);
        var file = CredentialFile.Load(path);
        var key = CredentialFile.KeyOf(host);
        var wasKept = file.HelperOf(host) is { } helper && CredentialHelper.Erase(helper, key);
        wasKept |= file.Forget(key);
        if (!wasKept)
        {
            throw new ImageError($"log out of {host}: {path} has no credentials for it");
        }
    }
}
