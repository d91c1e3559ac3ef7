using System.Collections.Generic;
using System.Linq;

namespace SharpRun.Planning.Tests;

public sealed partial class RuleTests
{
    private static IEnumerable<Bad> Mounts()
    {
        const string bindsAlone = "mounts[0]: id-mapped mounts are only supported for bind-mounts";
        const string bothKinds = "id-mapped mounts must have both uid and gid mappings specified";
        const string noMap = "mounts[0]: an id-mapped mount needs mappings, its own or those of the container's user namespace";
        const string tmpfsAlone = "\"tmpcopyup\" is an option of a new tmpfs alone";
        yield return Mounted("IdMapsAreForBinds", bindsAlone, "\"type\":\"tmpfs\"", OneMap, OneMap);
        yield return Mounted("IdMapsAreForBinds", bindsAlone, "\"type\":\"tmpfs\",\"options\":[\"idmap\"]", OneMap, OneMap);
        yield return Mounted("IdMapsAreForBinds", bindsAlone, Bound("remount"), OneMap, OneMap);
        yield return Mounted("IdMapsAreOfBothKinds", $"mounts[0].gidMappings: {bothKinds}", Bound(), OneMap, "[]");
        yield return Mounted("IdMapsAreOfBothKinds", $"mounts[0].uidMappings: {bothKinds}", Bound("idmap"), "[]", OneMap);
        yield return Mounted("IdMapsAreGiven", noMap, Bound("idmap"), "[]", "[]");
        yield return Mounted("IdMapsAreGiven", noMap, Bound("ridmap"), "[]", "[]");
        yield return Mounted("IdMapsOfMountsFit", "mounts[0].uidMappings: the kernel takes 340 mappings, 341 are given", Bound(), Many(341), OneMap);
        yield return Mounted("IdMapsOfMountsFit", "mounts[0].gidMappings[1]: the mapping goes beyond the last id, 4294967294", Bound(), OneMap, Two((1, 9, 4294967295)));
        yield return Mounted("IdMapsOfMountsDoNotOverlap", "mounts[0].uidMappings[1]: the mapping overlaps mounts[0].uidMappings[0]", Bound(), Two((0, 9, 1)), OneMap);
        yield return Mounted("IdMapsOfMountsDoNotOverlap", "mounts[0].gidMappings[1]: the mapping overlaps mounts[0].gidMappings[0]", Bound(), OneMap, Two((7, 0, 2)));
        yield return Mounted("CopyUpIsForTmpfs", $"mounts[0].options[1]: {tmpfsAlone}", "\"type\":\"ramfs\",\"options\":[\"ro\",\"tmpcopyup\"]", "[]", "[]");
        yield return Mounted("CopyUpIsForTmpfs", $"mounts[0].options[1]: {tmpfsAlone}", Bound("tmpcopyup"), "[]", "[]");
        yield return Mounted("CopyUpIsForTmpfs", $"mounts[0].options[1]: {tmpfsAlone}", "\"type\":\"tmpfs\",\"options\":[\"remount\",\"tmpcopyup\"]", "[]", "[]");
        yield return new("NiceIsInRange", "process.scheduler.nice: invalid scheduler.nice: 20 (-20 to 19 is expected)", Scheduled("\"SCHED_OTHER\",\"nice\":20"));
        yield return new("NiceIsInRange", "process.scheduler.nice: invalid scheduler.nice: -21 (-20 to 19 is expected)", Scheduled("\"SCHED_BATCH\",\"nice\":-21"));
        yield return new("PriorityHasPolicy", "process.scheduler.priority: scheduler.priority can only be specified for SchedFIFO or SchedRR policy",
            Scheduled("\"SCHED_IDLE\",\"priority\":1"));
        yield return new("DeadlineHasPolicy", "process.scheduler: scheduler runtime/deadline/period can only be specified for SchedDeadline policy",
            Scheduled("\"SCHED_RR\",\"priority\":1,\"period\":1"));
        yield return new("LabelsAreOneLine", "process.apparmorProfile: a name without control characters is expected", ("process.apparmorProfile", "\"a\\nb\""));
        yield return new("LabelsAreOneLine", "process.selinuxLabel: a name without control characters is expected", ("process.selinuxLabel", "\"a\\nb\""));
        yield return new("LabelsAreOneLine", "linux.mountLabel: a name without control characters is expected", ("linux.mountLabel", "\"\\n\""));
    }

    private static (string, string?) Scheduled(string properties) => ("process.scheduler", $"{{\"policy\":{properties}}}");

    private static string Bound(params string[] words) =>
        $"\"source\":\"/x\",\"options\":[{string.Join(',', words.Prepend("bind").Select(word => $"\"{word}\""))}]";

    private static Bad Mounted(string rule, string problem, string properties, string uids, string gids) =>
        new(rule, problem, ("mounts", $"[{{\"destination\":\"/x\",{properties},\"uidMappings\":{uids},\"gidMappings\":{gids}}}]"));
}
