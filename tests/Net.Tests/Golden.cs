using System.IO;
using System.Runtime.CompilerServices;
using Xunit;

namespace SharpRun.Net.Tests;

/// <summary>Verify's file convention without the library: NAME.verified.txt beside the test is what must come out. What came out instead is
/// left in NAME.received.txt; to accept it, rename the file.</summary>
static class Golden
{
    public static void Verify(string received, string name, [CallerFilePath] string testFile = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(testFile)!, name);
        var verified = File.Exists($"{path}.verified.txt") ? File.ReadAllText($"{path}.verified.txt") : "";
        if (received == verified)
        {
            File.Delete($"{path}.received.txt");
            return;
        }
        File.WriteAllText($"{path}.received.txt", received);
        Assert.Equal(verified, received);
    }
}
