using System.Text;
using Xunit;

namespace SharpRun.Planning.Tests;

public sealed class SpecDocumentTests
{
    private static string Text(bool rootless, bool cgroups) => Encoding.UTF8.GetString(SpecDocument.Write(rootless, cgroups, 1000, 1001));

    [Theory]
    [InlineData(false, false, "SpecDocument")]
    [InlineData(false, true, "SpecDocument_cgroup")]
    [InlineData(true, true, "SpecDocument_rootless")]
    public void The_document_is_what_it_was(bool rootless, bool cgroups, string name) => Snapshot.Verify(Text(rootless, cgroups), name);

    [Fact]
    public void It_reads_and_keeps_the_rules()
    {
        var text = Text(false, true);
        var spec = Bundle.Read(text, warning => Assert.Fail(warning));
        SpecRules.Check(spec);
        Assert.Equal(("sharprun", 7, 6), (spec.Hostname, spec.Mounts.Count, spec.Linux.Namespaces.Count));
        for (var i = 0; i < spec.Mounts.Count; i++)
        {
            MountOptions.Parse($"mounts[{i}].options", spec.Mounts[i].Options);
        }
    }

    [Fact]
    public void The_rootless_one_reads_and_keeps_the_rules()
    {
        var spec = Bundle.Read(Text(true, false), warning => Assert.Fail(warning));
        SpecRules.Check(spec);
        Assert.Equal([new IdMapping(0, 1000, 1)], spec.Linux.UidMappings);
        Assert.Equal([new IdMapping(0, 1001, 1)], spec.Linux.GidMappings);
        Assert.Null(spec.Linux.Namespace(NamespaceType.Network));
    }
}
