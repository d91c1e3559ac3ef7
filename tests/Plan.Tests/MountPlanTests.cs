using System.Linq;
using Xunit;

namespace SharpRun.Planning.Tests;

/// <summary>Id-mapped mounts and labels: what is decided, for which machine. (The kernel enforces neither SELinux nor AppArmor in these tests.)</summary>
public sealed class MountPlanTests
{
    private const string Label = "system_u:object_r:container_file_t:s0:c1,c2";
    private const string OneMap = "[{\"containerID\":0,\"hostID\":1000,\"size\":10}]";
    private const string OtherMap = "[{\"containerID\":0,\"hostID\":2000,\"size\":10}]";

    private static Plan PlanOf(string json, HostFacts? host = null) =>
        Planner.Create(Bundle.Read(json), host ?? Hosts.All["v2-6.18"], new CreateOptions { Id = "c1", Bundle = "/bundle", StateRoot = "/run/sharprun" });

    private static string Mounted(string properties) =>
        Bundle.With("mounts", $"[{{\"destination\":\"/x\",\"source\":\"/y\",\"type\":\"bind\",{properties}}}]");

    private static string InUserNamespace(string json) =>
        Bundle.Edit(Bundle.Edit(Bundle.Edit(json, "linux.namespaces", "[{\"type\":\"mount\"},{\"type\":\"user\"}]"), "linux.uidMappings", OneMap), "linux.gidMappings", OneMap);

    private static BindMount BindOf(string json) => PlanOf(json).Steps.OfType<BindMount>().Single();

    [Fact]
    public void A_mount_has_its_own_map() => Assert.Equal(
        "bind /y at /x, ids mapped by uids 0 1000 10; gids 0 2000 10",
        BindOf(Mounted($"\"uidMappings\":{OneMap},\"gidMappings\":{OtherMap}")).Text);

    [Fact]
    public void Or_that_of_the_container_when_only_the_word_is_said() => Assert.Equal(
        "rbind /y at /x (ro), ids mapped recursively as the container's", BindOf(InUserNamespace(Mounted("\"options\":[\"rbind\",\"ridmap\",\"ro\"]"))).Text);

    [Fact]
    public void The_containers_own_namespace_serves_when_the_numbers_are_the_same()
    {
        Assert.True(BindOf(InUserNamespace(Mounted($"\"uidMappings\":{OneMap},\"gidMappings\":{OneMap}"))).IdMap!.IsContainers);
        Assert.False(BindOf(InUserNamespace(Mounted($"\"uidMappings\":{OneMap},\"gidMappings\":{OtherMap}"))).IdMap!.IsContainers);
        Assert.False(BindOf(Mounted($"\"uidMappings\":{OneMap},\"gidMappings\":{OneMap}")).IdMap!.IsContainers);
    }

    [Fact]
    public void A_joined_user_namespace_serves_without_its_numbers()
    {
        var json = Bundle.Edit(Mounted("\"options\":[\"idmap\"]"), "linux.namespaces", "[{\"type\":\"mount\"},{\"type\":\"user\",\"path\":\"/n\"}]");
        Assert.True(BindOf(json).IdMap!.IsContainers);
    }

    [Fact]
    public void Without_a_word_there_is_no_map() => Assert.Null(BindOf(InUserNamespace(Mounted("\"options\":[\"ro\"]"))).IdMap);

    [Theory]
    [InlineData("v2-5.10", 0u, "config.json: mounts[0]: id-mapped mounts need Linux 5.12 or later, this is 5.10")]
    [InlineData("v2-6.18", 1000u, "config.json: mounts[0]: id-mapped mounts are not supported for rootless containers")]
    public void Who_cannot_map_is_refused(string host, uint euid, string message)
    {
        var json = InUserNamespace(Mounted($"\"uidMappings\":{OneMap},\"gidMappings\":{OneMap}"));
        var error = Assert.Throws<SpecError>(() => PlanOf(json, Hosts.All[host] with { Euid = euid }));
        Assert.Equal((message, true), (error.Message, error.IsUnsupported));
    }

    [Fact]
    public void Long_data_and_a_copy_do_not_go_together()
    {
        var json = Bundle.With("mounts", $"[{{\"destination\":\"/x\",\"type\":\"tmpfs\",\"options\":[\"tmpcopyup\",\"mpol={new string('x', 256)}\"]}}]");
        Assert.Equal("config.json: mounts[0].options: \"tmpcopyup\" beside an option of more than 255 bytes is not supported", Assert.Throws<SpecError>(() => PlanOf(json)).Message);
    }

    [Theory]
    [InlineData("tmpfs", "mount tmpfs at /x (context=\"" + Label + "\")")]
    [InlineData("devpts", "mount devpts at /x (context=\"" + Label + "\")")]
    [InlineData("sysfs", "mount sysfs at /x")]
    [InlineData("mqueue", "mount mqueue at /x, labelled " + Label)]
    [InlineData("cgroup", "mount cgroup2 at /x")]
    public void A_mount_label_is_an_option_of_those_that_take_one(string type, string text)
    {
        var json = Bundle.Edit(Bundle.With("mounts", $"[{{\"destination\":\"/x\",\"type\":\"{type}\"}}]"), "linux.mountLabel", $"\"{Label}\"");
        Assert.Equal(text, PlanOf(json).Steps.OfType<MountFilesystem>().Single().Text);
    }

    [Fact]
    public void A_mount_that_names_its_own_label_keeps_it()
    {
        var json = Bundle.Edit(Bundle.With("mounts", "[{\"destination\":\"/x\",\"type\":\"tmpfs\",\"options\":[\"context=a:b:c:s0\"]}]"), "linux.mountLabel", $"\"{Label}\"");
        Assert.Equal("mount tmpfs at /x (context=\"a:b:c:s0\")", PlanOf(json).Steps.OfType<MountFilesystem>().Single().Text);
    }

    [Fact]
    public void The_hierarchies_of_v1_have_the_label_on_their_tmpfs()
    {
        var json = Bundle.Edit(Bundle.With("mounts", "[{\"destination\":\"/x\",\"type\":\"cgroup\"}]"), "linux.mountLabel", $"\"{Label}\"");
        Assert.Equal(Label, PlanOf(json, Hosts.All["v1-6.18"]).Steps.OfType<MountCgroups>().Single().Label!.ToString());
    }

    // Else SELinux would not let the container see that the folder is empty.
    [Fact]
    public void The_folder_that_covers_a_masked_one_has_the_label()
    {
        var json = Bundle.Edit(Bundle.With("linux.maskedPaths", "[\"/sys/firmware\"]"), "linux.mountLabel", $"\"{Label}\"");
        Assert.Equal(Label, PlanOf(json).Steps.OfType<MaskPath>().Single().Label!.ToString());
    }

    [Fact]
    public void Without_a_keyring_of_its_own_only_the_program_is_labelled()
    {
        var spec = Bundle.ReadWith("process.selinuxLabel", "\"a:b:c:s0\"");
        var options = new CreateOptions { Id = "c1", Bundle = "/bundle", StateRoot = "/run/sharprun" };
        bool WithKeyring(bool without) =>
            Planner.Create(spec, Hosts.All["v2-6.18"], options with { NoNewKeyring = without }).Steps.OfType<SetSelinuxLabel>().Single().WithKeyring;
        Assert.Equal((true, false), (WithKeyring(false), WithKeyring(true)));
    }

    [Theory]
    [InlineData(null, null, "own", "own:label")]
    [InlineData("", "", "own", "own:label")]
    [InlineData("given", "given:label", "given", "given:label")]
    public void Exec_has_the_labels_of_the_container_or_those_it_is_given(string? profile, string? label, string wantedProfile, string wantedLabel)
    {
        var spec = Bundle.Read(Bundle.Edit(Bundle.With("process.apparmorProfile", "\"own\""), "process.selinuxLabel", "\"own:label\""));
        var flags = new ExecOptions { Id = "c1", StateRoot = "/run/sharprun", Args = ["true"], ApparmorProfile = profile, SelinuxLabel = label };
        var document = flags with
        {
            Process = new Process { Args = ["true"], Cwd = "/", ApparmorProfile = profile, SelinuxLabel = label },
            ApparmorProfile = "not this", // The document decides alone.
        };
        foreach (var options in new[] { flags, document })
        {
            var steps = Planner.Exec(spec, Hosts.All["v2-6.18"], options).Steps.ToList();
            Assert.Equal((wantedProfile, wantedLabel), (steps.OfType<SetApparmorProfile>().Single().Profile.ToString(), steps.OfType<SetSelinuxLabel>().Single().Label.ToString()));
            Assert.True(steps.FindIndex(step => step is SetApparmorProfile) < steps.FindLastIndex(step => step is JoinContainer), "by the host's /proc");
        }
    }
}
