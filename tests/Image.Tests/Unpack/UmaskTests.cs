using SharpRun.Linux;
using SharpRun.Tar;
using Xunit;
using static SharpRun.Image.Tests.Unpack.LayerText;

namespace SharpRun.Image.Tests.Unpack;

/// <summary>The umask is the process's: these tests run alone.</summary>
[CollectionDefinition(nameof(UmaskTests), DisableParallelization = true)]
[Collection(nameof(UmaskTests))]
public sealed class UmaskTests
{
    [Fact]
    public void Modes_are_the_images_whatever_the_umask()
    {
        var before = Sys.Umask(0x3F);
        try
        {
            using var root = new UnpackedRoot();
            root.Unpack(Layer(Dir("d", 0x1FF), File("f", "", 0x1B6), File("made/for/f"), new TarEntry(TarKind.Fifo, B("p")) { Mode = 0x1B6 }));
            Assert.Equal(["d 777", "f 666", "made 755", "made/for 755", "made/for/f 644", "p 666"], root.Find("%P %m"));
        }
        finally
        {
            Sys.Umask(before);
        }
    }
}
