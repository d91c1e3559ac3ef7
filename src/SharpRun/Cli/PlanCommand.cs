using System.Collections.Generic;
using SharpRun.CommandLine;
using SharpRun.Parent;
using SharpRun.Planning;
using SharpRun.State;
using SharpRun.Systemd;

namespace SharpRun.Cli;

/// <summary>Prints what create would do, and does nothing: no privilege, no file that only root may read, nothing written.</summary>
static class PlanCommand
{
    private static Flag[] Flags =>
    [
        Flag.Text("bundle", "DIR", "the bundle (default: the working directory)", 'b'),
        Flag.Switch("json", "print it as JSON"),
        Flag.Switch("rootless", "the plan for the caller, instead of the plan for root"),
    ];

    public static Command Command => new("plan", "[flags]", "print what create would do on this machine", Flags, Act)
    {
        LeastWords = 0,
        MostWords = 0,
    };

    private static int Act(Arguments arguments, GlobalOptions globals, Log log)
    {
        var bundle = arguments.Text("bundle") is { Length: > 0 } given ? AbsolutePath.Of(given) : AbsolutePath.WorkingDirectory();
        var options = new CreateOptions { Id = IdFor(bundle), Bundle = bundle, StateRoot = globals.StateRootPath, CgroupManager = globals.CgroupManager };
        var warnings = new List<string>();
        var spec = SpecReader.Read(BundleFile.Read(options), warnings.Add);
        var facts = FactsReader.Read();
        if (!arguments.Is("rootless"))
        {
            facts = facts with { Euid = 0, Egid = 0, InUserNamespace = false, MayMakeCgroups = true };
        }
        using var systemd = SystemdManager.ConnectFor(options.CgroupManager, ref facts);
        var plan = Planner.Create(spec, facts, options, SeccompCompiler.For(log));
        warnings.AddRange(plan.Cgroup?.Warnings ?? []);
        if (arguments.Is("json"))
        {
            Output.Write(PlanDocument.Json(plan, facts, warnings));
            return 0;
        }
        Output.Write(plan.ToString());
        warnings.ForEach(log.Warning);
        return 0;
    }

    // The contract gives this command no id; the bundle's own name shows where one would stand.
    private static string IdFor(string bundle)
    {
        var name = bundle[(bundle.LastIndexOf('/') + 1)..];
        return ContainerId.IsValid(name) ? name : "container";
    }
}
