using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.Win32.SafeHandles;
using SharpRun.CommandLine;
using SharpRun.Image.Blobs;
using SharpRun.Image.Cli;
using SharpRun.Image.Pack;
using SharpRun.Image.Store;
using SharpRun.Image.Transports;
using SharpRun.Image.Unpack;
using SharpRun.Json;
using SharpRun.LayerStore;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Oci.Dockerfiles;
using SharpRun.Tar;

namespace SharpRun.Image.Build;

/// <summary>
/// A Dockerfile becomes an image of the store: one stage after the other, an instruction a step. What changes files is done in a union of the layers so far,
/// whose upper directory becomes the layer, or is taken from the cache. The image gets its name last.
/// </summary>
sealed partial class Builder : IDisposable
{
    private readonly BuildOptions _build;
    private readonly Options _options;
    private readonly string _name;
    private readonly DockerfileTree _tree;
    private readonly BuildArguments _arguments;
    private readonly GlobalScope _global;
    private readonly StagePlan _plan;
    private readonly Errno _namespaceError;
    private readonly OciLayout _layout;
    private readonly Lease _lease;
    private readonly BuildCache _cache;
    private readonly LayerChain _chain;
    private readonly Action<string> _warn;
    private readonly SourceDate _date = SourceDate.FromEnvironment();
    private readonly Dictionary<int, StageImage> _stages = [];
    private readonly Dictionary<int, Union> _sources = [];
    private readonly Platform _platform;
    private WorkFolder? _work;
    private Runtime? _runtime;
    private int _unions;

    /// <summary>The Dockerfile is read and its stages are chosen; nothing is made.</summary>
    public Builder(BuildOptions build, Options options)
    {
        (_build, _options, _platform, _warn) = (build, options, options.Platform ?? Platform.Host, Warnings.Of(options));
        _name = build.Dockerfile[(build.Dockerfile.LastIndexOf('/') + 1)..];
        _tree = DockerfileReader.Read(BuildFiles.Read(build.Dockerfile), _name);
        _arguments = new BuildArguments(build.Arguments, _platform, Platform.Host, build.Target ?? "default");
        _global = new GlobalScope(_tree, _arguments);
        _plan = new StagePlan(_tree, _global, build.Target, _name);
        // Everything below is opened in our own mount namespace: overlay takes no directory of another one.
        Sys.Umask(0x12); // 022
        _namespaceError = Sys.GetEuid() == 0 ? Union.TryEnterNamespace() : Errno.EPERM;
        WorkFolder.Sweep(options.Root, (state, id) => RuntimeOfBuild().EndContainer(state, id));
        _layout = ImageStore.Make(options);
        _lease = _layout.Lease();
        _cache = BuildCache.Make(options.Root);
        _chain = new LayerChain(new StorePaths(options.Root), _layout);
    }

    /// <summary>The manifest, which has its name in the store.</summary>
    public Document Run()
    {
        foreach (var stage in _plan.Needed)
        {
            _stages[stage] = BuildStage(stage);
        }
        WarnOfUnused();
        var image = _stages[_plan.Needed[^1]];
        image.Edit.Config = image.Edit.Config with { Created = image.LastCreated };
        var document = image.Edit.Write(_layout, _lease);
        _layout.SyncBlobs();
        foreach (var tag in _build.Tags)
        {
            _layout.Update(index => index.Set(tag.Reference.ToString(), Documents.DescriptorOf(document)));
        }
        return document;
    }

    public void Dispose()
    {
        foreach (var union in _sources.Values)
        {
            union.Dispose();
        }
        _context?.Dispose();
        _chain.Dispose();
        _work?.Dispose();
        _cache.Dispose();
        _lease.Dispose();
        _layout.Dispose();
    }

    private StageImage BuildStage(int index)
    {
        var stage = _tree.Stages[index];
        Tell(stage.From, "");
        var image = At(stage.From, () => Base(index));
        foreach (var instruction in stage.Instructions)
        {
            At(instruction, () =>
            {
                Step(index, image, instruction);
                return image;
            });
        }
        return image;
    }

    private void Step(int stage, StageImage image, Instruction instruction)
    {
        if (image.Apply(instruction))
        {
            Tell(instruction, "");
            return;
        }
        switch (instruction)
        {
            case CopyInstruction copy:
                Copy(stage, image, copy);
                break;
            case WorkdirInstruction directory:
                SetWorkingDirectory(image, directory);
                break;
            case RunInstruction run:
                RunCommand(image, run);
                break;
            default:
                throw new ImageError("the instruction is not supported");
        }
    }

    // Every error of an instruction begins with its place.
    private T At<T>(Instruction instruction, Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception error) when (error is ImageError or TarError or ErrnoException or UsageError)
        {
            var keyword = error.Message.StartsWith(instruction.Keyword, StringComparison.Ordinal) ? "" : $"{instruction.Keyword}: ";
            throw new ImageError($"{_name}:{instruction.Line}: {keyword}{error.Message}");
        }
    }

    private StageImage Base(int index)
    {
        var from = _tree.Stages[index].From;
        var scope = new StageScope(_global, _arguments, _tree.Escape);
        if (_plan.BaseOf(index) is { } below)
        {
            var built = _stages[below];
            return new StageImage(built.Edit.Copy(), scope, built.LastCreated);
        }
        var platform = from.Platform is { } text ? Platform.Parse(_global.Expand(text)) : _platform;
        var name = _plan.ImageOf(index);
        if (name == "scratch")
        {
            var empty = new StageImage(ImageEdit.FromScratch(platform), scope, _date.Created());
            empty.SetDefaultPath();
            return empty;
        }
        var (edit, config) = Take(name, platform);
        return config.Config.OnBuild is { Count: > 0 }
            ? throw new ImageError($"FROM {name}: the image has ONBUILD triggers, which are not supported")
            : new StageImage(edit, scope, config.Created ?? _date.Created());
    }

    /// <summary>What FROM and COPY --from can name. Not dir:, since a Dockerfile of somebody else's could take any directory of the host into its image:
    /// what is no image is taken out of the context alone.</summary>
    internal static ImageName NameOf(string text) => ImageName.Parse(text) switch
    {
        ImageName.Registry => throw new ImageError($"{text}: a build does not touch the network: pull the image before, and name it without docker://"),
        ImageName.Directory => throw new ImageError($"{text}: a directory of the host is no image to build on: COPY it from the context"),
        var name => name,
    };

    /// <summary>An image of the store as it is; of another place its layers are taken into the store, without a name.</summary>
    private (ImageEdit Edit, ImageConfig Config) Take(string text, Platform platform)
    {
        var name = NameOf(text);
        var source = Transport.OpenSource(name, _options);
        using var image = OpenImage.Of(source, platform);
        foreach (var layer in image.Layers)
        {
            _lease.Add(layer.Blob.Digest);
            if (!_layout.HasBlob(layer.Blob))
            {
                _layout.Take(layer.Blob, source, _ => { });
            }
        }
        return (new ImageEdit(image.Manifest, image.Config, text), image.Config);
    }

    private Union Mount(StageImage image)
    {
        if (_namespaceError != Errno.OK)
        {
            const string act = "mount the layers of the build (only root can: without root a Dockerfile may change nothing but the config)";
            throw new ErrnoException(act, _namespaceError);
        }
        _work ??= WorkFolder.Make(_options.Root);
        return Union.Mount(_work.Folder.Fd, _work.Folder.Path, $"union-{_unions++}", _chain.Trees(image.Edit.Layers, image.Edit.DiffIds));
    }

    private Runtime RuntimeOfBuild() => _runtime ??= Runtime.Find(_build.Runtime);

    private CacheKey KeyOf(StageImage image, string instruction) => new CacheKey()
        .Add("chain", image.Chain?.Text ?? "scratch").Add("platform", image.Edit.Config.Platform.ToString())
        .Add("date", _date.Seconds?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "").Add("instruction", instruction);

    /// <summary>True: it is done. The history's words are the caller's.</summary>
    private bool TryCache(Digest key, StageImage image, Instruction instruction, string words)
    {
        if (_build.IgnoresCache || _cache.Find(key, _layout, _lease) is not { } cached)
        {
            Tell(instruction, "");
            return false;
        }
        Tell(instruction, " (cached)");
        Append(image, cached, words);
        return true;
    }

    private static void Append(StageImage image, CachedLayer made, string words)
    {
        if (made.Layer is { } layer)
        {
            image.Append(layer, words, made.Created);
        }
        else
        {
            image.AppendEmpty(words);
        }
    }

    /// <summary>What has changed in the union becomes a layer, and the cache knows it.</summary>
    private void Pack(Union union, Digest key, StageImage image, string words)
    {
        union.Unmount();
        using var maker = new LayerMaker(_layout, Compression.Gzip, _date);
        using (var root = TreeRoot.Open(union.Upper))
        {
            TreeLayer.Write(root, new LayerRules(Owners.OfImage, _warn) { IsUpper = true }, maker.Archive);
        }
        Keep(new CachedLayer(maker.Finish(_lease), _date.Created()), key, image, words);
    }

    private void Keep(CachedLayer made, Digest key, StageImage image, string words)
    {
        // The blob keeps its name through a power cut before the cache says that it is there.
        _layout.SyncBlobs();
        _cache.Put(key, made);
        Append(image, made, words);
    }

    private void WarnOfUnused()
    {
        var known = _tree.Arguments.Concat(_tree.Stages.SelectMany(stage => stage.Instructions.OfType<ArgInstruction>()))
            .SelectMany(argument => argument.Pairs).Select(pair => pair.Name).ToHashSet();
        foreach (var name in _build.Arguments.Keys)
        {
            if (!known.Contains(name) && !BuildArguments.IsProxy(name) && _arguments.Predefined(name) is null)
            {
                _warn($"--build-arg {name}: no ARG of {_name} has this name");
            }
        }
    }

    private void Tell(Instruction instruction, string end)
    {
        if (!_build.IsQuiet)
        {
            Output.WriteError($"{_name}:{instruction.Line}: {OneLine.Of(instruction.Text)}{end}\n");
        }
    }
}
