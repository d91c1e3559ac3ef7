using System;
using System.IO;
using SharpRun.Cni;
using SharpRun.CommandLine;
using SharpRun.Json;
using SharpRun.Linux;

namespace SharpRun.Net.Plugin;

/// <summary>The program as a CNI plugin: verb and names in the environment, the configuration on stdin, the result or an error as JSON on stdout.</summary>
static class CniPlugin
{
    private const int StandardInput = 0, Failed = 1;

    /// <summary>By the name of a plugin, or without a word and with CNI_COMMAND.</summary>
    public static bool IsCalled() => OwnName() is not null
        || (Environment.GetEnvironmentVariable("CNI_COMMAND") is not null && Environment.GetCommandLineArgs().Length <= 1);

    public static int Run()
    {
        byte[] document = [];
        try
        {
            if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CNI_COMMAND")))
            {
                // Somebody wants to know what this program is; the reference answers so too.
                Output.WriteError($"CNI {OwnName()} plugin of sharprun-net {BuildInfo.Version}\nCNI protocol versions supported: {string.Join(", ", CniVersion.Supported)}\n");
                return 0;
            }
            var environment = CniEnvironment.Read(Environment.GetEnvironmentVariable);
            if (environment.Verb == CniVerb.Version)
            {
                Output.Write(CniVersion.ToDocument());
                return 0;
            }
            document = ReadInput();
            var name = OwnName() ?? NameIn(document);
            using var changes = new RuleChanges();
            var call = PluginCall.Read(environment, document, name, changes);
            if (Plugins.Act(name, call) is { } result)
            {
                Output.Write(result.ToDocument(call.Config.CniVersion));
            }
            return 0;
        }
        catch (Exception error)
        {
            Output.Write(ErrorOf(error).ToDocument(NetworkConfig.VersionOf(document)));
            return Failed;
        }
    }

    public static CniError ErrorOf(Exception error) => error switch
    {
        CniError known => known,
        JsonError => new CniError(CniCode.Decoding, error.Message),
        NetError or ErrnoException => new CniError(CniCode.Refused, error.Message),
        // What is not one of ours is a bug: its type is the best that can be said in one line.
        _ => new CniError(CniCode.Internal, $"{error.GetType().Name}: {error.Message} (a bug)"),
    };

    private static string? OwnName() =>
        Environment.GetCommandLineArgs() is [var path, ..] && Path.GetFileName(path) is var name && PluginNames.IsOurs(name) ? name : null;

    // Called by the program's own name: the configuration says which plugin is meant.
    private static string NameIn(byte[] document)
    {
        var part = JsonPart.Read(document, NetworkConfig.MaxLength, "network configuration");
        var type = new Fields(part, ["type"]).Text("type") ?? "";
        return type == Cli.Options.Tool.Name ? PluginNames.Bridge
            : PluginNames.IsOurs(type) ? type
            : throw new CniError(CniCode.InvalidConfig, part.Problem($"type: \"{JsonPart.Short(type)}\" is none of bridge, host-local, portmap, loopback").Message);
    }

    private static byte[] ReadInput()
    {
        var buffer = new byte[8192];
        var length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, 2 * length);
            }
            var read = Sys.Read(StandardInput, buffer.AsSpan(length));
            if (!read.Ok)
            {
                throw new CniError(CniCode.IO, $"read the network configuration from stdin: {read.Error.Sentence()}");
            }
            length += read.Value;
            // One more than is allowed says that it is too long.
            if (read.Value == 0 || length > NetworkConfig.MaxLength)
            {
                return buffer[..length];
            }
        }
    }
}
