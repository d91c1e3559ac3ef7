using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.CompilerServices;
using Xunit;

namespace SharpRun.Image.Tests;

/// <summary>Verify's file convention without the library: NAME.verified.txt beside the test is what must come out. What came out instead is
/// left in NAME.received.txt; to accept it, rename the file.</summary>
static class BundleSnapshot
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
        Assert.Fail($"{name}.verified.txt and {name}.received.txt differ:\n{Differences(verified, received)}");
    }

    /// <summary>The lines that only one of two texts has, in their order: "- " of the first, "+ " of the second.</summary>
    public static string Differences(string first, string second)
    {
        var (left, right) = (first.Split('\n'), second.Split('\n'));
        // The length of the longest common part of what is left of both.
        var common = new int[left.Length + 1, right.Length + 1];
        for (var i = left.Length - 1; i >= 0; i--)
        {
            for (var j = right.Length - 1; j >= 0; j--)
            {
                common[i, j] = left[i] == right[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }
        var lines = new List<string>();
        for (int i = 0, j = 0; i < left.Length || j < right.Length;)
        {
            if (i < left.Length && j < right.Length && left[i] == right[j])
            {
                (i, j) = (i + 1, j + 1);
            }
            else if (i < left.Length && (j == right.Length || common[i + 1, j] >= common[i, j + 1]))
            {
                lines.Add("- " + left[i++]);
            }
            else
            {
                lines.Add("+ " + right[j++]);
            }
        }
        return string.Join('\n', lines) + "\n";
    }
}
