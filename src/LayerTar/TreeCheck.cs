namespace SharpRun.LayerTar;

/// <summary>The checks of this room that `make mutants` can leave out, one at a time: what trees of layers are refused for. A test must then turn red.</summary>
enum TreeCheck
{
    IdIsOne,
    IdRangesAreApart,
    IdIsInItsRange,
    TreeIsNotDeep,
    TreePathIsShort,
    NothingIsYounger,
    NothingIsRedirected,
    ContentIsCopied,
    CopiedRootIsNotOpaque,
    CopiedDeviceIsNoWhiteout,
    NothingIsMountedInTheTree,
    OpenedFileIsTheSame,
    ReadFileIsTheSame,
    CopiedFileIsTheSame,
    NewNameIsNoWhiteout,
    DeletedNameIsNoWhiteout,
}
