namespace SharpRun.Planning;

/// <summary>Every refusal and verification that `make mutants` can switch off, one at a time: Mutant name `Check.NAME`. A test must then
/// turn red. The refusals of SpecRules have their own table there.</summary>
public enum Check
{
    // What the clone child verifies.
    HostNullIsNull,
    HostProcIsProc,
    DeviceIsTheOneAskedFor,
    DeviceIsTheOneMade,
    ProcIsPlainDirectory,
    MountStaysOutOfProc,
    MountIsBelowTheRoot,
    WorkingDirectoryIsInside,
    NullDeviceIsNotOwned,
    TerminalIsOnDevpts,
    PtmxIsOfDevpts,
    ConsoleIsNoLink,
    SysctlIsInProc,
    NoCapabilityTooMany,
    HostDeviceIsTheOneAskedFor,
    IdMapsAreTheNamespaces,
    CopiedFileIsStillOne,

    // What the parent refuses.
    RootfsIsDirectory,
    ProfileHasAppArmor,
    LabelHasSelinux,
    NamespaceIsOfItsType,
    MountNamespaceIsAnother,
    RootIsNotSlash,
    TerminalHasReceiver,
    ConsoleSocketHasTerminal,
    PreservedDescriptorsAreOpen,
    SeccompRulesAgree,
    SystemdJobIsDone,
    SignalIsSystemds,
    IdIsValid,
    MemoryIsAboveUsage,
    SwapIsAboveUsage,

    // What a command asks of a container before it touches it.
    PidStartTimeMatches,
    ZombieIsStopped,
    DirectoryIsStillTheSame,
    StartOnlyCreated,
    StartSeesFailedExec,
    ExecOnlyAlive,
    ExecNotWhilePaused,
    ExecSeesFailedExec,
    SubgroupStaysBelow,
    KillOnlyAlive,
    PauseOnlyRunning,
    ResumeOnlyPaused,
    UpdateOnlyAlive,
    DeleteOnlyStopped,
    DeleteWaitsForCreator,
    DeleteWaitsForInit,
    RecordStaysWhileCgroupStays,
}
