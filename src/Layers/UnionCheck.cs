namespace SharpRun.Layers;

/// <summary>The checks of this tool that `make mutants` can leave out, one at a time: what calls are refused for, and what keeps unions whole and other
/// people's mounts in place. A test must then turn red.</summary>
enum UnionCheck
{
    NameIsShort,
    NameBeginsWell,
    NameHasNoOtherLetters,
    UnionIsOfOneKind,
    DriverIsOne,
    ChainIsADigest,
    NameIsFree,
    LayersAreFew,
    RecordedDriverIsOne,
    RecordIsOfOneKind,
    RecordedPathIsAbsolute,
    RecordedTimeIsOne,
    DirectoryOfNoUnionStays,
    UnionIsLocked,
    LockedUnionIsStillThere,
    WholeUnionStays,
    OnlyOverlayIsOverlay,
    TreeIsOfAUnionOfThisName,
    SeenTreeIsThisUnions,
    IsNotMountedYet,
    TargetIsFree,
    UnionIsMountedOnce,
    RecordHasTheTarget,
    MountIsOnTop,
    MountIsIdle,
    StoreIsOnBtrfs,
    TargetInContainerIsAbsolute,
    OptionHasNoSeparator,
    OptionIsShort,
    LowersFitInOneOption,
    CommitIsOverALayer,
}
