using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using SharpRun.LayerTar;
using SharpRun.Linux;
using Xunit;

namespace SharpRun.Image.Tests.Nasty;

/// <summary>The model itself is judged: by umoci, on the cases in which umoci is right.</summary>
public sealed class UmociTests
{
    public static TheoryData<string> Cases => [.. NastyCases.All.Where(one => one.Umoci is null).Select(one => one.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Umoci_unpacks_what_the_model_says(string name)
    {
        Assert.SkipUnless(Sys.GetEuid() == 0, "only root makes devices");
        Assert.SkipUnless(File.Exists("/usr/bin/umoci"), "umoci is not installed");
        var layers = NastyCases.Find(name).Layers;
        var where = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        var room = Directory.CreateDirectory(Path.Combine(where, $"sharprun-umoci-{Guid.NewGuid():N}")).FullName;
        try
        {
            var layout = new HandMade(Directory.CreateDirectory(Path.Combine(room, "oci")).FullName);
            layout.Name("t", layout.Image([.. layers.Select(NastyArchive.Of)]));
            var words = Run($"unpack --image {room}/oci:t {room}/bundle", out var status);
            var expected = LayerModel.Of(layers, Form.Plain);
            if (expected.Tree is null)
            {
                Assert.True(status != 0, "umoci takes it: " + expected.Refusal);
                return;
            }
            Assert.True(status == 0, words);
            Assert.Equal("", string.Join("\n", ModelTree.Differences(expected.Tree, TreeWalk.Read($"{room}/bundle/rootfs"))));
        }
        finally
        {
            NastyRoom.RemoveTree(room);
        }
    }

    private static string Run(string arguments, out int status)
    {
        // The umask is the process's, and other tests change it.
        using var umoci = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"umask 022; exec umoci {arguments}"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        var words = umoci.StandardError.ReadToEnd();
        umoci.WaitForExit();
        status = umoci.ExitCode;
        return words;
    }
}
