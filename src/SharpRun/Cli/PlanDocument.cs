using System;
using System.Collections.Generic;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using SharpRun.Planning;

namespace SharpRun.Cli;

/// <summary>`plan --json`, for programs that compare plans. The steps' texts are those of `plan`.</summary>
sealed record PlanDocument(
    string Id, string[] NewNamespaces, bool MountSetAttr, PlanDocument.CgroupPart? Cgroup, PlanDocument.IdMapsPart? IdMaps, int? OomScoreAdj,
    PlanDocument.StepPart[] Steps, PlanDocument.FactsPart Facts, IReadOnlyList<string> Warnings)
{
    internal sealed record StepPart(string Step, string Text);

    /// <summary>Otherwise is where the value goes on a machine that lacks the file, "NAME=VALUE".</summary>
    internal sealed record WritePart(
        string File, string Value, string Property, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Otherwise);

    internal sealed record DeviceRulePart(bool Allow, string Type, uint? Major, uint? Minor, string Access);

    /// <summary>Each map is a line of the kernel's file: "0 100000 65536".</summary>
    internal sealed record IdMapsPart(string[] Uids, string[] Gids, bool DenySetgroups);

    internal sealed record PropertyPart(string Name, string Value, string Property);

    internal sealed record UnitPart(string Name, string Slice, bool OfTheUser, PropertyPart[] Properties);

    internal sealed record CgroupPart(UnitPart? SystemdUnit, string Layout, string[] Directories, WritePart[] Writes, DeviceRulePart[]? DeviceRules, uint? Owner);

    /// <summary>What of the machine was read, and what was taken as present because only a privileged probe could tell.</summary>
    internal sealed record FactsPart(string Kernel, uint Uid, uint Gid, bool UserNamespace, int LastCapability, string CgroupLayout, string[] Assumed);

    public static byte[] Json(Plan plan, HostFacts facts, IReadOnlyList<string> warnings)
    {
        var document = new PlanDocument(
            plan.Id, NewNamespacesOf(plan.OwnNamespaces), plan.HasMountSetAttr, plan.Cgroup is { } cgroup ? Part(cgroup) : null,
            plan.IdMaps is { } maps ? Part(maps) : null, plan.OomScoreAdj,
            Array.ConvertAll([.. plan.Steps], step => new StepPart(step.GetType().Name, step.Text)),
            new FactsPart(
                facts.Kernel.ToString(), facts.Euid, facts.Egid, facts.InUserNamespace, facts.LastCapability, Word(facts.CgroupLayout), []),
            warnings);
        var context = new PlanJson(new JsonSerializerOptions(PlanJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        return [.. JsonSerializer.SerializeToUtf8Bytes(document, context.PlanDocument), (byte)'\n'];
    }

    private static IdMapsPart Part(Planning.IdMaps maps) => new(Lines(maps.Uids), Lines(maps.Gids), maps.DenySetgroups);

    private static string[] Lines(IReadOnlyList<IdMapping> mappings) => Planning.IdMaps.Text(mappings).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static CgroupPart Part(CgroupPlan cgroup)
    {
        var rules = cgroup.DeviceRules is { } list
            ? Array.ConvertAll([.. list], rule => new DeviceRulePart(rule.Allow, rule.Type.ToString(), rule.Major, rule.Minor, Word(rule.Access)))
            : null;
        var unit = cgroup.Unit is { } made
            ? new UnitPart(made.Name, made.Slice, made.IsUsers,
                Array.ConvertAll([.. made.Properties], property => new PropertyPart(property.Name, property.Value, property.JsonPath)))
            : null;
        return new CgroupPart(
            unit,
            Word(cgroup.Layout),
            Array.ConvertAll([.. cgroup.Directories], directory => directory.FullPath),
            Array.ConvertAll([.. cgroup.Writes], write => Part(cgroup, write)),
            rules, cgroup.Owner);
    }

    private static WritePart Part(CgroupPlan cgroup, CgroupWrite write) => new(
        $"{cgroup.Directories[write.Directory].FullPath}/{write.File}", write.Value, write.JsonPath,
        write.Otherwise is { } other ? $"{other.File}={other.Value}" : null);

    private static string[] NewNamespacesOf(CloneFlags flags)
    {
        var names = new List<string>();
        foreach (var flag in (ReadOnlySpan<CloneFlags>)[CloneFlags.Mount, CloneFlags.Cgroup, CloneFlags.Uts, CloneFlags.Ipc, CloneFlags.User, CloneFlags.Pid, CloneFlags.Network])
        {
            if ((flags & flag) != 0)
            {
                names.Add(Word(flag));
            }
        }
        return [.. names];
    }

    private static string Word<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(PlanDocument))]
sealed partial class PlanJson : JsonSerializerContext;
