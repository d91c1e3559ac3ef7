using SharpRun.CommandLine;
using SharpRun.Image.Store;
using SharpRun.Image.Transports;
using SharpRun.Oci;

namespace SharpRun.Image.Cli;

static class Tag
{
    public static Command Command => new("tag", "[flags] IMAGE NAME", "give an image of the store another name", [], Act) { LeastWords = 2, MostWords = 2 };

    private static int Act(Arguments arguments, Options options)
    {
        var image = Words.Image(arguments.Words[0]);
        var name = Words.Image(arguments.Words[1]) as ImageName.Bare ?? throw new UsageError($"tag: \"{arguments.Words[1]}\" is no name of the store");
        if (image is not (ImageName.Bare or ImageName.Content))
        {
            throw new UsageError($"tag: \"{image}\" is no image of the store");
        }
        if (name.Reference.Digest is not null)
        {
            throw new UsageError($"tag: \"{name}\" has a digest, which is not to be chosen");
        }
        // Open until the name is there: gc leaves the image alone as long.
        using var source = Transport.OpenSource(image, options);
        var document = Documents.Top(source);
        using var store = ImageStore.Make(options);
        store.Update(index => index.Set(name.Reference.ToString(), Documents.DescriptorOf(document)));
        JsonOutput.WriteResult(options, document.Digest.Text, json =>
        {
            json.WriteString("name", name.Reference.ToString());
            json.WriteString("digest", document.Digest.Text);
        });
        return 0;
    }
}
