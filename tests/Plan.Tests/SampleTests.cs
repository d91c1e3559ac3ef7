using System.IO;
using System.Linq;
using Xunit;

namespace SharpRun.Planning.Tests;

/// <summary>The config.json files that the managers really write, as recorded in ../shared.</summary>
public sealed class SampleTests
{
    private static readonly string s_folder = Path.Combine(Repository.Root, "..", "shared", "requirements", "config-samples");

    // What each asks for first that is not built yet; "" means that it is read to the end.
    public static TheoryData<string, string> Answers => new()
    {
        { "ctr-default.json", "" },
        { "podman-rootless.json", "" },
        { "buildah-run.json", "" },
        { "cri-container.json", "" },
        { "cri-sandbox.json", "" },
        { "docker-buildkit-run.json", "" },
        { "docker-default.json", "" },
        { "docker-privileged.json", "" },
        { "docker-userns-remap.json", "" },
        { "podman-default.json", "" },
        { "podman-pod-member.json", "" },
        { "podman-rootless-keep-id.json", "" },
        // These two are process.json files of exec.
        { "docker-exec-process.json", "ociVersion: the property is missing" },
        { "podman-exec-process.json", "ociVersion: the property is missing" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void A_recorded_document_reads_or_is_answered_by_name(string file, string answer)
    {
        var json = Load(file);
        var error = Record.Exception(() => SpecReader.Read(json, warning => Assert.Fail(warning)));
        if (answer.Length == 0)
        {
            Assert.Null(error);
            SpecRules.Check(SpecReader.Read(json, null));
            return;
        }
        Assert.Equal($"config.json: {answer}", Assert.IsType<SpecError>(error).Message);
    }

    [Fact]
    public void Every_recorded_document_has_an_expected_answer()
    {
        SkipWithoutSamples();
        var known = Answers.Select(row => row.Data.Item1).Order();
        Assert.Equal(known, Directory.GetFiles(s_folder, "*.json").Select(path => Path.GetFileName(path)).Order());
    }

    private static byte[] Load(string file)
    {
        SkipWithoutSamples();
        return File.ReadAllBytes(Path.Combine(s_folder, file));
    }

    private static void SkipWithoutSamples() => Assert.SkipUnless(Directory.Exists(s_folder), "no ../shared");
}
