using System;
using System.Collections.Generic;
using System.Linq;
using SharpRun.CommandLine;
using SharpRun.Image.Build;
using SharpRun.Oci;

namespace SharpRun.Image.Cli;

static class BuildCommand
{
    public static Command Command => new("build", "DIR -t NAME [flags]", "build an image from a Dockerfile",
    [
        Flag.Text("tag", "NAME", "the image's name in the store (may be repeated)", 't'),
        Flag.Text("file", "FILE", "the Dockerfile (default: DIR/Dockerfile)", 'f'),
        Flag.Text("build-arg", "K[=V]", "the value of an ARG; without a value: the caller's variable (may be repeated)"),
        Flag.Switch("no-cache", "do every instruction anew"),
        Flag.Text("target", "STAGE", "build this stage (default: the last)"),
        Flag.Text("network", "host|none", "what RUN can reach (default: host)"),
        Flag.Text("runtime", "PATH", "what executes RUN (default: sharprun beside this program, then in PATH)"),
        Flag.Text("cgroup", "PATH", "RUN's containers have their cgroups below it (default: the runtime's choice)"),
    ], Act)
    { LeastWords = 1, MostWords = 1 };

    private static int Act(Arguments arguments, Options options)
    {
        var build = OptionsOf(arguments, options);
        using var builder = new Builder(build, options);
        var digest = builder.Run().Digest;
        JsonOutput.WriteResult(options, digest.Text, json =>
        {
            json.WriteString("manifest", digest.Text);
            json.WriteStartArray("names");
            foreach (var tag in build.Tags)
            {
                json.WriteStringValue(tag.Reference.ToString());
            }
            json.WriteEndArray();
        });
        return 0;
    }

    private static BuildOptions OptionsOf(Arguments arguments, Options options)
    {
        var context = arguments.Words[0];
        if (context == "-" || context.Contains("://", StringComparison.Ordinal))
        {
            throw new UsageError($"build {context}: only a directory can be the context");
        }
        var tags = arguments.Texts("tag").ConvertAll(TagOf);
        if (tags.Count == 0)
        {
            throw new UsageError("build: -t NAME is needed, the image's name in the store");
        }
        return new BuildOptions
        {
            Context = AbsolutePath.Of(context),
            Dockerfile = AbsolutePath.OfOptional(arguments.Text("file")) ?? AbsolutePath.Of(context) + "/Dockerfile",
            Tags = tags,
            Arguments = ValuesOf(arguments.Texts("build-arg")),
            Target = arguments.Text("target"),
            IgnoresCache = arguments.Is("no-cache"),
            HasNetwork = arguments.Text("network") switch
            {
                null or "host" or "default" => true,
                "none" => false,
                var other => throw new UsageError($"invalid value \"{other}\" for --network: host or none is expected"),
            },
            Runtime = AbsolutePath.OfOptional(arguments.Text("runtime")),
            Cgroup = arguments.Text("cgroup") is not { } cgroup ? null
                : cgroup.StartsWith('/') ? cgroup : throw new UsageError($"--cgroup {cgroup}: an absolute path is expected"),
            IsQuiet = options.IsQuiet,
        };
    }

    private static ImageName.Bare TagOf(string text) =>
        Words.Image(text) is ImageName.Bare { Reference.Digest: null } bare ? bare
        : throw new UsageError($"-t {text}: a name in the store as me/app:1 is expected (push sends it elsewhere)");

    private static Dictionary<string, string> ValuesOf(List<string> texts)
    {
        Dictionary<string, string> values = [];
        foreach (var text in texts)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? text : text[..equals];
            if (name.Length == 0)
            {
                throw new UsageError($"--build-arg {text}: NAME=VALUE or NAME is expected");
            }
            if ((equals < 0 ? Environment.GetEnvironmentVariable(name) : text[(equals + 1)..]) is { } value)
            {
                values[name] = value;
            }
        }
        return values;
    }
}
