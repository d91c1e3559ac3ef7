using System;

namespace SharpRun.Planning;

/// <summary>One thing that must be true of a bundle before anything happens; Check throws SpecError when it is not. The name is that of the mutant.</summary>
public sealed record Rule(string Name, Action<Spec> Check)
{
    /// <summary>On linux.resources, and true of what `update` is given too: that is on top of what is there, so a swap limit may come alone.</summary>
    public bool IsOfUpdate { get; init; }
}

/// <summary>What a well-formed config.json must also fulfil (R35): every rule by name, in the order of the document's sections.</summary>
public static partial class SpecRules
{
    public static readonly Rule[] All =
    [
        Named(nameof(RootHasPath), RootHasPath),
        Named(nameof(ProcessIsGiven), ProcessIsGiven),
        Named(nameof(ArgsAreGiven), ArgsAreGiven),
        Named(nameof(CwdIsGiven), CwdIsGiven),
        Named(nameof(CwdIsAbsolute), CwdIsAbsolute),
        Named(nameof(EnvIsNamed), EnvIsNamed),
        Named(nameof(RlimitsAreOrdered), RlimitsAreOrdered),
        Named(nameof(OomScoreIsInRange), OomScoreIsInRange),
        Named(nameof(NiceIsInRange), NiceIsInRange),
        Named(nameof(PriorityHasPolicy), PriorityHasPolicy),
        Named(nameof(DeadlineHasPolicy), DeadlineHasPolicy),
        Named(nameof(HookPathsAreAbsolute), HookPathsAreAbsolute),
        Named(nameof(HookTimeoutsArePositive), HookTimeoutsArePositive),
        Named(nameof(HookEnvIsNamed), HookEnvIsNamed),
        Named(nameof(NamespacesAreDistinct), NamespacesAreDistinct),
        Named(nameof(NamespacePathsAreAbsolute), NamespacePathsAreAbsolute),
        Named(nameof(TimeOffsetsHaveNamespace), TimeOffsetsHaveNamespace),
        Named(nameof(HostnameHasNamespace), HostnameHasNamespace),
        Named(nameof(HostnameFits), HostnameFits),
        Named(nameof(DomainnameHasNamespace), DomainnameHasNamespace),
        Named(nameof(DomainnameFits), DomainnameFits),
        Named(nameof(MappingsHaveNamespace), MappingsHaveNamespace),
        Named(nameof(UserNamespaceHasMappings), UserNamespaceHasMappings),
        Named(nameof(MappingsFit), MappingsFit),
        Named(nameof(MappingsDoNotOverlap), MappingsDoNotOverlap),
        Named(nameof(RootIsMapped), RootIsMapped),
        Named(nameof(UserIsMapped), UserIsMapped),
        Named(nameof(PathsHaveMountNamespace), PathsHaveMountNamespace),
        Named(nameof(MountNamespaceIsNew), MountNamespaceIsNew),
        Named(nameof(MaskedPathsAreAbsolute), MaskedPathsAreAbsolute),
        Named(nameof(ReadonlyPathsAreAbsolute), ReadonlyPathsAreAbsolute),
        Named(nameof(MountsHaveDestination), MountsHaveDestination),
        Named(nameof(MountsAreBelowTheRoot), MountsAreBelowTheRoot),
        Named(nameof(ProcIsFresh), ProcIsFresh),
        Named(nameof(ProcStaysUncovered), ProcStaysUncovered),
        Named(nameof(IdMapsAreForBinds), IdMapsAreForBinds),
        Named(nameof(IdMapsAreOfBothKinds), IdMapsAreOfBothKinds),
        Named(nameof(IdMapsAreGiven), IdMapsAreGiven),
        Named(nameof(IdMapsOfMountsFit), IdMapsOfMountsFit),
        Named(nameof(IdMapsOfMountsDoNotOverlap), IdMapsOfMountsDoNotOverlap),
        Named(nameof(CopyUpIsForTmpfs), CopyUpIsForTmpfs),
        Named(nameof(LabelsAreOneLine), LabelsAreOneLine),
        Named(nameof(DevicesAreAbsolute), DevicesAreAbsolute),
        Named(nameof(CgroupsPathStaysBelow), CgroupsPathStaysBelow),
        Named(nameof(SysctlsAreNames), SysctlsAreNames),
        Named(nameof(SysctlsAreNamespaced), SysctlsAreNamespaced),
        Named(nameof(SysctlsConflictWithNoName), SysctlsConflictWithNoName),
        Named(nameof(DeviceRulesAreFew), DeviceRulesAreFew),
        Named(nameof(MemoryIsInRange), MemoryIsInRange) with { IsOfUpdate = true },
        Named(nameof(SwapHasLimit), SwapHasLimit),
        Named(nameof(SwapIsAtLeastLimit), SwapIsAtLeastLimit) with { IsOfUpdate = true },
        Named(nameof(PidsAreInRange), PidsAreInRange) with { IsOfUpdate = true },
        Named(nameof(CpuTimesAreInRange), CpuTimesAreInRange) with { IsOfUpdate = true },
        Named(nameof(CpuListsAreWellFormed), CpuListsAreWellFormed) with { IsOfUpdate = true },
        Named(nameof(SwappinessIsInRange), SwappinessIsInRange) with { IsOfUpdate = true },
        Named(nameof(CpuIdleIsZeroOrOne), CpuIdleIsZeroOrOne) with { IsOfUpdate = true },
        Named(nameof(BlockWeightsAreInRange), BlockWeightsAreInRange) with { IsOfUpdate = true },
        Named(nameof(HugepageSizesAreNames), HugepageSizesAreNames) with { IsOfUpdate = true },
        Named(nameof(UnifiedKeysAreFiles), UnifiedKeysAreFiles) with { IsOfUpdate = true },
        Named(nameof(SeccompErrnosFit), SeccompErrnosFit),
        Named(nameof(SeccompErrnosAreCarried), SeccompErrnosAreCarried),
        Named(nameof(SeccompNamesAreGiven), SeccompNamesAreGiven),
        Named(nameof(SeccompDefaultIsNotNotify), SeccompDefaultIsNotNotify),
        Named(nameof(SeccompWriteIsNotNotified), SeccompWriteIsNotNotified),
        Named(nameof(SeccompListenerIsGiven), SeccompListenerIsGiven),
    ];

    public static void Check(Spec spec)
    {
        foreach (var rule in All)
        {
            if (!Mutant.Skips(rule.Name))
            {
                rule.Check(spec);
            }
        }
    }

    /// <summary>The same for what `update` is given.</summary>
    public static void CheckUpdate(Resources resources)
    {
        var spec = new Spec { OciVersion = "", Root = new Root("", false), Linux = new LinuxConfig { Resources = resources } };
        foreach (var rule in All)
        {
            if (rule.IsOfUpdate)
            {
                rule.Check(spec);
            }
        }
    }

    private static Rule Named(string name, Action<Spec> check) => new(nameof(SpecRules) + "." + name, check);

    private static void RootHasPath(Spec spec)
    {
        if (spec.Root.Path.Length == 0 || spec.Root.Path.Contains('\0', StringComparison.Ordinal))
        {
            throw new SpecError("root.path", "the root file system needs a path");
        }
    }

    private static void ProcessIsGiven(Spec spec)
    {
        if (spec.Process is null)
        {
            throw new SpecError("process", "process property must not be empty");
        }
    }

    private static void ArgsAreGiven(Spec spec)
    {
        if (spec.Process is { Args.Count: 0 })
        {
            throw new SpecError("process.args", "args must not be empty");
        }
    }

    private static void CwdIsGiven(Spec spec)
    {
        if (spec.Process is { Cwd.Length: 0 })
        {
            throw new SpecError("process.cwd", "Cwd property must not be empty");
        }
    }

    private static void CwdIsAbsolute(Spec spec)
    {
        if (spec.Process is { Cwd.Length: > 0 } process && process.Cwd[0] != '/')
        {
            throw new SpecError("process.cwd", "Cwd must be an absolute path");
        }
    }

    private static void EnvIsNamed(Spec spec)
    {
        for (var i = 0; i < spec.Process?.Env.Count; i++)
        {
            if (spec.Process.Env[i].IndexOf('=', StringComparison.Ordinal) <= 0)
            {
                // The entry itself may be a secret: only its place is told.
                throw new SpecError($"process.env[{i}]", "an environment variable is written NAME=VALUE");
            }
        }
    }

    private static void RlimitsAreOrdered(Spec spec)
    {
        for (var i = 0; i < spec.Process?.Rlimits.Count; i++)
        {
            var (name, _, soft, hard) = spec.Process.Rlimits[i];
            if (soft > hard)
            {
                throw new SpecError($"process.rlimits[{i}].soft", $"the soft limit of {name} ({soft}) is above the hard one ({hard})");
            }
        }
    }

    // linux/oom.h: OOM_SCORE_ADJ_MIN and OOM_SCORE_ADJ_MAX.
    private static void OomScoreIsInRange(Spec spec)
    {
        if (spec.Process?.OomScoreAdj is < -1000 or > 1000)
        {
            throw new SpecError("process.oomScoreAdj", $"a whole number from -1000 to 1000 is expected, found {spec.Process.OomScoreAdj}");
        }
    }
}
