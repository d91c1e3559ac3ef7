using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Microsoft.Win32.SafeHandles;
using SharpRun.Image.Bundle;
using SharpRun.Image.Store;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Oci.Dockerfiles;

namespace SharpRun.Image.Build;

// The instructions that change files.
sealed partial class Builder
{
    private readonly Dictionary<string, Union> _images = [];
    private SafeFileHandle? _context;
    private IgnoreRules? _rules;

    private void Copy(int stage, StageImage image, CopyInstruction copy)
    {
        var scope = image.Scope;
        var tree = TreeOf(stage, copy);
        var target = CopyTarget.Of(scope.Expand(copy.Destination), image.WorkingDirectory);
        List<CopySource> sources = [];
        try
        {
            foreach (var word in copy.Sources)
            {
                sources.AddRange(SourcesOf(scope, tree, copy, word));
            }
            if (sources.Count == 0)
            {
                throw new ImageError($"{string.Join(' ', copy.Sources)}: nothing in {tree.Name} matches");
            }
            target.RequireDirectory(copy.Keyword, Math.Max(sources.Count, copy.Sources.Count));
            var (owner, mode) = (copy.Owner is { } text ? scope.Expand(text) : "", copy.Mode is { } bits ? scope.Expand(bits) : "");
            var digest = CopyDigest.Of(sources, tree.KeepsOwners);
            var words = $"{copy.Keyword} {(owner.Length > 0 ? $"--chown={owner} " : "")}{(mode.Length > 0 ? $"--chmod={mode} " : "")}"
                + $"{string.Join(' ', copy.Sources.Select(scope.Expand))} {scope.Expand(copy.Destination)}";
            var key = KeyOf(image, copy.Keyword).Add("target", target.Path).Add("directory", target.IsDirectory ? "yes" : "no")
                .Add("owner", owner).Add("mode", mode).Add("content", digest.Text).Finish();
            if (!TryCache(key, image, copy, words))
            {
                using var union = Mount(image);
                CopyInto(union, sources, target, copy.IsAdd, tree.KeepsOwners, owner, mode, digest);
                Pack(union, key, image, words);
            }
        }
        finally
        {
            sources.ForEach(source => source.Dispose());
        }
    }

    private static void CopyInto(
        Union union, List<CopySource> sources, CopyTarget target, bool isAdd, bool keepsOwners, string owner, string mode, Digest expected)
    {
        using var digest = new CopyDigest();
        var copy = new TreeCopy(union.Root, keepsOwners)
        {
            Owner = owner.Length > 0 ? Accounts.Find(union.Root, owner) : null,
            Mode = mode.Length > 0 ? ModeOf(mode) : null,
            Digest = digest,
        };
        foreach (var source in sources)
        {
            if (isAdd && ArchiveCopy.IsArchive(source))
            {
                using var directory = copy.MakeDirectories(target.Path, out _);
                ArchiveCopy.Unpack(source, directory, copy.Owner, digest);
            }
            else
            {
                copy.Copy(source, target);
            }
        }
        if (ImageCheck.CopiedFileIsStillTheSame.Fails(digest.Finish() != expected))
        {
            throw new ImageError("a file changed while it was copied; try again when nothing writes there");
        }
    }

    internal static uint ModeOf(string text)
    {
        var isOctal = text.Length is >= 1 and <= 5 && text.AsSpan().IndexOfAnyExceptInRange('0', '7') < 0;
        var mode = isOctal ? Convert.ToUInt32(text, 8) : uint.MaxValue;
        return ImageCheck.ModeIsOctal.Passes(mode <= 0xFFF) ? mode : throw new ImageError($"--chmod={text}: an octal mode as 0644 is expected");
    }

    private static List<CopySource> SourcesOf(StageScope scope, SourceTree tree, CopyInstruction copy, string word)
    {
        foreach (var heredoc in copy.Heredocs)
        {
            if (heredoc.Word == word)
            {
                return [new HeredocSource(heredoc.Name, scope.ExpandHeredoc(heredoc))];
            }
        }
        var expanded = scope.Expand(word);
        string[] remotes = ["http://", "https://", "ftp://", "git://", "ssh://", "git@"];
        return copy.IsAdd && Array.Exists(remotes, remote => expanded.StartsWith(remote, StringComparison.OrdinalIgnoreCase))
            ? throw new ImageError($"ADD {expanded}: a build does not touch the network; fetch the file before, and ADD it from the context")
            : tree.Resolve(expanded);
    }

    private SourceTree TreeOf(int stage, CopyInstruction copy)
    {
        if (copy.From is null)
        {
            _rules ??= BuildFiles.ReadIgnoreRules(_build);
            _context ??= BuildFiles.OpenContext(_build.Context);
            return new SourceTree((int)_context.DangerousGetHandle(), "the context", _rules);
        }
        if (_plan.SourceOf(stage, copy) is { } source)
        {
            if (!_sources.TryGetValue(source, out var union))
            {
                _sources[source] = union = Mount(_stages[source]);
            }
            return new SourceTree(union.Root, $"the stage {copy.From}", IgnoreRules.None) { KeepsOwners = true };
        }
        if (!_images.TryGetValue(copy.From, out var mounted))
        {
            var (edit, _) = Take(copy.From, _platform);
            _images[copy.From] = mounted = Mount(new StageImage(edit, new StageScope(_global, _arguments, _tree.Escape), ""));
            _sources[-_images.Count] = mounted;
        }
        return new SourceTree(mounted.Root, $"the image {copy.From}", IgnoreRules.None) { KeepsOwners = true };
    }

    private void SetWorkingDirectory(StageImage image, WorkdirInstruction instruction)
    {
        var path = image.SetWorkingDirectory(instruction);
        var words = $"WORKDIR {path}";
        var user = image.Config.User ?? "";
        var key = KeyOf(image, "WORKDIR").Add("path", path).Add("user", user).Finish();
        if (path == "/")
        {
            Tell(instruction, "");
            image.AppendEmpty(words);
        }
        else if (!TryCache(key, image, instruction, words))
        {
            using var union = Mount(image);
            var owner = user.Length > 0 ? Accounts.Find(union.Root, user) : (Owner?)null;
            var copy = new TreeCopy(union.Root, keepsOwners: false) { Owner = owner };
            copy.MakeDirectories(path, out var isNew).Dispose();
            if (isNew)
            {
                Pack(union, key, image, words);
            }
            else
            {
                Keep(new CachedLayer(null, _date.Created()), key, image, words);
            }
        }
    }

    private void RunCommand(StageImage image, RunInstruction instruction)
    {
        var command = image.WithShell(instruction.Command);
        var arguments = image.Scope.Arguments;
        var words = HistoryWords.OfRun(command, arguments);
        var key = KeyOf(image, "RUN").Add("user", image.Config.User ?? "").Add("directory", image.WorkingDirectory)
            .Add("network", _build.HasNetwork ? "host" : "none");
        command.ForEach(word => key.Add("word", word));
        foreach (var variable in image.Scope.Environment)
        {
            key.Add("env", $"{variable.Name}={variable.Value}");
        }
        foreach (var variable in arguments)
        {
            key.Add("arg", $"{variable.Name}={variable.Value}");
        }
        var digest = key.Finish();
        if (!TryCache(digest, image, instruction, words))
        {
            using var union = Mount(image);
            Execute(union, image, command);
            Pack(union, digest, image, words);
        }
    }

    private void Execute(Union union, StageImage image, List<string> command)
    {
        var runtime = RuntimeOfBuild();
        var bundle = _work!.Folder.Path + "/bundle";
        var stubs = new MountStubs(union.Root);
        stubs.Make();
        List<BindMount> mounts = [];
        foreach (var file in (ReadOnlySpan<string>)["/etc/resolv.conf", "/etc/hosts"])
        {
            if (_build.HasNetwork && BuildFiles.IsFile(file))
            {
                mounts.Add(new BindMount(file, file, ["bind", "rprivate", "ro"]));
            }
        }
        var request = new BundleRequest
        {
            Rootfs = union.Merged,
            HasHostNetwork = _build.HasNetwork,
            Mounts = mounts,
            HostName = "build",
            Cgroup = _build.Cgroup is { } cgroup ? $"{cgroup.TrimEnd('/')}/{_work.Name}" : null,
        };
        var scope = image.Scope;
        var config = image.Edit.Config with
        {
            Config = new ContainerConfig
            {
                User = image.Config.User,
                WorkingDir = image.WorkingDirectory,
                Entrypoint = [],
                Cmd = command,
                Env = [.. scope.Environment.Concat(scope.Arguments).Concat(scope.Proxies()).Select(variable => $"{variable.Name}={variable.Value}")],
            },
        };
        BundleDirectory.Write("the image so far", config, request, bundle, HostFacts.Read(), _warn);
        var status = runtime.Run(_work.State, bundle, _work.Name);
        if (!status.IsExit || status.Status != 0)
        {
            var how = status.IsExit ? string.Create(CultureInfo.InvariantCulture, $"exit status {status.Status}") : $"signal {status.Status}";
            throw new ImageError($"RUN {string.Join(' ', command)}: it ended with {how}");
        }
        stubs.Remove();
    }
}
