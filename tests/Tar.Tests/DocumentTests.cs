using System;
using System.IO;
using System.Linq;
using System.Reflection;
using Xunit;

namespace SharpRun.Tar.Tests;

public sealed class DocumentTests
{
    [Fact]
    public void The_document_tells_every_limit()
    {
        var document = File.ReadAllText(Path.Combine(CorpusTests.Root, "spec", "tar.md"));
        var limits = typeof(TarLimits).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral).ToList();
        Assert.NotEmpty(limits);
        Assert.All(limits, field => Assert.Contains($"| `{field.Name}` | {field.GetRawConstantValue()} |", document, StringComparison.Ordinal));
    }
}
