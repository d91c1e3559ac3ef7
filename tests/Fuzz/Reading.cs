using System;
using SharpRun.Planning;

namespace SharpRun.Fuzz;

/// <summary>One document through everything that create does with it before it touches the machine.</summary>
static class Reading
{
    private static readonly HostFacts[] s_hosts = [Host(CgroupLayout.V2, 6, 18), Host(CgroupLayout.Hybrid, 5, 10), Host(CgroupLayout.None, 6, 1)];

    private static readonly CreateOptions s_options = new() { Id = "fuzz", Bundle = "/bundle", StateRoot = "/run/sharprun" };

    /// <summary>"" when it becomes a plan, or what SpecError says. Any other exception, or a sentence of more than one line, is a bug
    /// and thrown.</summary>
    public static string AnswerTo(ReadOnlySpan<byte> json, Func<SeccompConfig, ulong[]> compile)
    {
        try
        {
            var spec = SpecReader.Read(json, RequireSentence);
            foreach (var host in s_hosts)
            {
                Print(Planner.Create(spec, host, s_options, compile));
            }
            PlanForSystemd(spec, compile);
            return "";
        }
        catch (SpecError error)
        {
            RequireSentence(error.Message);
            return error.Problem;
        }
    }

    // Without a path, since most are not in systemd's form. What is wrong with the rest has been said.
    private static void PlanForSystemd(Spec spec, Func<SeccompConfig, ulong[]> compile)
    {
        spec = spec with { Linux = spec.Linux with { CgroupsPath = null } };
        try
        {
            foreach (var host in s_hosts.AsSpan(0, 2))
            {
                var options = s_options with { CgroupManager = CgroupManager.Systemd };
                foreach (var property in Planner.Create(spec, host with { Systemd = new SystemdFacts(257, "") }, options, compile).Cgroup!.Unit!.Properties)
                {
                    RequireSentence(property.Name);
                }
            }
        }
        catch (SpecError error)
        {
            RequireSentence(error.Message);
        }
    }

    // Texts are made when they are asked for, and the device program when the cgroup is.
    private static void Print(Plan plan)
    {
        foreach (var step in plan.Steps)
        {
            _ = step.Text;
        }
        if (plan.Cgroup?.DeviceRules is { } rules)
        {
            DeviceFilter.Program(rules);
        }
    }

    private static void RequireSentence(string sentence)
    {
        const int longest = 2000;
        var isOneLine = sentence.Length is > 0 and <= longest;
        foreach (var letter in sentence)
        {
            isOneLine &= !char.IsControl(letter);
        }
        if (!isOneLine)
        {
            throw new InvalidOperationException($"not one line: {sentence[..Math.Min(sentence.Length, longest)]}");
        }
    }

    private static HostFacts Host(CgroupLayout layout, int major, int minor) => new()
    {
        Kernel = new KernelVersion(major, minor),
        LastCapability = 40,
        CgroupLayout = layout,
        Hierarchies = layout switch
        {
            CgroupLayout.V2 => [new CgroupHierarchy("", "/sys/fs/cgroup", "/user.slice")],
            CgroupLayout.Hybrid =>
            [
                new CgroupHierarchy("memory", "/sys/fs/cgroup/memory", "/"), new CgroupHierarchy("devices", "/sys/fs/cgroup/devices", "/"),
                new CgroupHierarchy("cpu", "/sys/fs/cgroup/cpu", "/"), new CgroupHierarchy("pids", "/sys/fs/cgroup/pids", "/"),
                new CgroupHierarchy("", "/sys/fs/cgroup/unified", "/"),
            ],
            _ => [],
        },
    };
}
