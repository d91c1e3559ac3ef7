using SharpRun.CommandLine;
using SharpRun.Linux;
using SharpRun.Net.Attachments;

namespace SharpRun.Net.Cli;

static class UpDown
{
    public static Command Up { get; } = new("up", "[flags] NETWORK NETNS", "attach a network namespace, and print its address", Words.UpFlags, ActUp) { LeastWords = 2, MostWords = 2 };

    public static Command Down { get; } = new("down", "NETWORK NETNS", "take a network namespace off again", [], ActDown) { LeastWords = 2, MostWords = 2 };

    private static int ActUp(Arguments arguments, Options options)
    {
        var netNs = Words.NetNs(arguments.Words[1]);
        var known = NetworkFolder.Find(Words.Network(arguments.Words[0]), options.ConfigDirectory);
        var wanted = Words.Wanted(arguments, known, netNs, containerId: null);
        using var network = NetworkDirectory.Open(options.Root, known.Name, makes: true)!;
        Answer(options, Attacher.Up(network, wanted));
        return 0;
    }

    public static void Answer(Options options, AttachmentRecord record) =>
        Answers.Write(options, Answers.Addresses(record), json => Answers.WriteAttachment(json, record));

    private static int ActDown(Arguments arguments, Options options)
    {
        var netNs = Words.NetNs(arguments.Words[1]);
        using var network = NetworkDirectory.Open(options.Root, Words.Network(arguments.Words[0]), makes: false);
        TakeDown(network, network?.Find(netNs), netNs);
        return 0;
    }

    /// <summary>What is not there is down.</summary>
    public static void TakeDown(NetworkDirectory? network, AttachmentRecord? record, string netNs)
    {
        if (network is null)
        {
            return;
        }
        if (record is not null)
        {
            Attacher.Down(network, record);
        }
        else if (network.Broken.Contains(NetworkFiles.RecordOf(netNs)))
        {
            network.RemoveFile(NetworkFiles.RecordOf(netNs)).OrThrow($"remove the broken record of {netNs}");
        }
    }
}
