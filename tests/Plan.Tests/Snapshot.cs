using System.IO;
using System.Runtime.CompilerServices;
using Xunit;

namespace SharpRun.Planning.Tests;

/// <summary>Verify's file convention without the library: NAME.verified.txt beside the test is what must come out. What came out instead is
/// left in NAME.received.txt; to accept it, rename the file.</summary>
static class Snapshot
{
    public static void Verify(string received, string name, [CallerFilePath] string testFile = "")
    {
        var folder = Path.GetDirectoryName(testFile)!;
        var verifiedPath = Path.Combine(folder, $"{name}.verified.txt");
        var receivedPath = Path.Combine(folder, $"{name}.received.txt");
        var verified = File.Exists(verifiedPath) ? File.ReadAllText(verifiedPath) : null;
        if (received == verified)
        {
            File.Delete(receivedPath);
            return;
        }
        File.WriteAllText(receivedPath, received);
        if (verified is null)
        {
            Assert.Fail($"{name}.verified.txt does not exist yet; see {name}.received.txt beside the test");
        }
        Assert.Fail($"{name}.verified.txt and {name}.received.txt differ in line {FirstDifference(verified, received)}");
    }

    private static string FirstDifference(string verified, string received)
    {
        var (expected, found) = (verified.Split('\n'), received.Split('\n'));
        var line = 0;
        while (line < expected.Length && line < found.Length && expected[line] == found[line])
        {
            line++;
        }
        return $"{line + 1}:\n- {(line < expected.Length ? expected[line] : "(end)")}\n+ {(line < found.Length ? found[line] : "(end)")}";
    }
}
