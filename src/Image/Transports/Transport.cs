using System;
using SharpRun.CommandLine;
using SharpRun.Image.Cli;
using SharpRun.Image.Registry;
using SharpRun.Image.Store;
using SharpRun.Oci;

namespace SharpRun.Image.Transports;

/// <summary>What the word before a name's ":" means: where an image is read from and written to. A bare name is the store's here.</summary>
static class Transport
{
    /// <param name="mayFetch">Only pull, push and copy touch the network: the other verbs want what is there.</param>
    public static ImageSource OpenSource(ImageName name, Options options, bool mayFetch = false) => name switch
    {
        ImageName.Bare bare => ImageStore.OpenSource(bare.Reference.ToString(), bare.Reference.Digest, bare.Given, options),
        ImageName.Content content => ImageStore.OpenSource(null, content.Digest, content.Given, options),
        ImageName.OciLayout layout => Layout(layout),
        ImageName.OciArchive oci => Archived(oci.Path, archive => ArchivedLayoutSource.Of(archive, oci.Reference, oci.Given)),
        ImageName.DockerArchive docker => Archived(docker.Path, archive => DockerArchiveSource.Of(archive, docker.Reference, docker.Given)),
        ImageName.Registry when !mayFetch => throw new UsageError($"{name} is at a registry: pull it first"),
        ImageName.Registry registry => new RegistrySource(registry.Reference, RegistrySettings.From(options)),
        ImageName.Directory directory => Pack.DirectorySource.Open(AbsolutePath.Of(directory.Path), directory.Given, options),
        _ => throw NotBuilt(name),
    };

    public static ImageDestination OpenDestination(ImageName name, Options options) => name switch
    {
        ImageName.Bare bare => new LayoutDestination(ImageStore.Make(options), bare.Reference.ToString(), bare.Given, options.VerifiesBlobs),
        ImageName.Content => throw new UsageError($"write to {name}: a digest is what an image has, not what it is given"),
        ImageName.OciLayout it => new LayoutDestination(OciLayout.Make(AbsolutePath.Of(it.Path)), it.Reference, it.Given, options.VerifiesBlobs),
        ImageName.OciArchive oci => ArchiveDestination.OfOci(AbsolutePath.Of(oci.Path), oci.Reference, oci.Given),
        ImageName.DockerArchive docker => ArchiveDestination.OfDocker(AbsolutePath.Of(docker.Path), docker.Reference, docker.Given),
        ImageName.Registry registry => new RegistryDestination(registry.Reference, RegistrySettings.From(options)),
        _ => throw NotBuilt(name),
    };

    private static LayoutSource Layout(ImageName.OciLayout name)
    {
        var layout = OciLayout.Open(AbsolutePath.Of(name.Path));
        try
        {
            return LayoutSource.Of(layout, name.Reference, name.Given);
        }
        catch (Exception)
        {
            layout.Dispose();
            throw;
        }
    }

    private static ImageSource Archived(string path, Func<ImageArchive, ImageSource> open)
    {
        var archive = ImageArchive.Open(AbsolutePath.Of(path));
        try
        {
            return open(archive);
        }
        catch (Exception)
        {
            archive.Dispose();
            throw;
        }
    }

    private static UsageError NotBuilt(ImageName name) => new($"{name}: this transport is not built yet", isUnsupported: true);
}
