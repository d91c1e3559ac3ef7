using System.IO;
using System.Threading;
using SharpRun.Image.Store;
using SharpRun.Linux;
using Xunit;

namespace SharpRun.Image.Tests;

[Collection(nameof(LocksOfFiles))]
public sealed class FolderTests
{
    private const int Claims = 20_000;

    // Two who take turns for long enough meet between the opening of a file and its lock.
    // mutant: ImageCheck.PartialIsStillThere
    [Fact]
    public void What_was_claimed_has_its_name_though_others_remove_what_they_have_claimed()
    {
        using var directory = new TemporaryFolder();
        var (isOver, wrong) = (false, 0);
        var other = new Thread(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                wrong += ClaimAndRemove(directory.Path);
            }
        });
        other.Start();
        var ours = 0;
        for (var i = 0; i < Claims; i++)
        {
            ours += ClaimAndRemove(directory.Path);
        }
        Volatile.Write(ref isOver, true);
        other.Join();
        Assert.Equal(0, wrong + ours);
    }

    // 1: what was claimed has no name, or another file has it.
    private static int ClaimAndRemove(string path)
    {
        using var folder = Folder.TryOpen(path)!;
        using var file = folder.TryClaim("blob", out _);
        if (file is null)
        {
            return 0;
        }
        Sys.Stat((int)file.DangerousGetHandle(), default, Native.AT_EMPTY_PATH, out var mine).OrThrow("look at the file");
        if (!folder.TryStat("blob", out var there) || !there.IsSameFile(mine))
        {
            return 1;
        }
        File.Delete(path + "/blob");
        return 0;
    }
}
