using System;
using System.IO;
using System.Linq;
using System.Reflection;
using SharpRun.Image.Blobs;
using Xunit;

namespace SharpRun.Image.Tests;

public sealed class BlobDocumentTests
{
    [Fact]
    public void The_document_tells_every_limit()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "global.json")))
        {
            directory = Path.GetDirectoryName(directory)!;
        }
        var document = File.ReadAllText(Path.Combine(directory, "spec", "tar.md"));
        var limits = typeof(BlobLimits).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral).ToList();
        Assert.NotEmpty(limits);
        Assert.All(limits, field => Assert.Contains($"| `{field.Name}` | {field.GetRawConstantValue()} |", document, StringComparison.Ordinal));
    }
}
