using System.IO;
using System.Linq;
using System.Text;
using Xunit;

namespace SharpRun.Planning.Tests;

/// <summary>spec/steps.md is written from the step records: each kind with a text from an approved plan.</summary>
public sealed class StepsDocumentTests
{
    [Fact]
    public void Steps_md_is_what_the_records_say()
    {
        var text = Document();
        var path = Path.Combine(Repository.Root, "spec", "steps.md");
        var written = File.Exists(path) ? File.ReadAllText(path) : "";
        if (written != text)
        {
            Directory.CreateDirectory(Path.Combine(Repository.Root, "out"));
            File.WriteAllText(Path.Combine(Repository.Root, "out", "steps.md"), text);
        }
        Assert.True(written == text, "spec/steps.md is not what the step records say now; see out/steps.md");
    }

    private static string Document()
    {
        var text = new StringBuilder("# The steps\n\nWhat the clone child can be told to do, one verb each (`src/SharpRun/Init`); written by a test from the records in\n`src/Plan/Steps`. A plan is a list of them: `sharprun plan`.\n\n| step | as a plan prints it |\n|---|---|\n");
        var plans = Repository.Bundles().SelectMany(bundle => Hosts.All.Keys.Select(host => PlanSnapshotTests.PlanOf(bundle, host)))
            .Concat(ExecPlanTests.All()).ToList();
        foreach (var group in plans.SelectMany(plan => plan.Steps).GroupBy(step => step.GetType().Name).OrderBy(group => group.Key, System.StringComparer.Ordinal))
        {
            var example = group.First().Text;
            text.Append("| `").Append(group.Key).Append("` | ").Append(example.Replace("|", "\\|", System.StringComparison.Ordinal)).Append(" |\n");
        }
        return text.ToString();
    }
}
