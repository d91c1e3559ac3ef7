namespace SharpRun.LayerStore;

/// <summary>The checks of this room that `make mutants` can leave out, one at a time: what keeps layers whole, and those that are needed. A test must then turn red.</summary>
enum LayerCheck
{
    LayerIsDone,
    StagingIsStillThere,
    ChainIsShort,
    NeededLayerStays,
    LayerInUseStays,
    UnreadableUnionKeepsAll,
    StagingIsLocked,
    HeldLayerIsStillThere,
    TopTakesNoWordsOfOverlay,
    HeldBaseIsStillThere,
    NeededBaseStays,
    BaseInUseStays,
}
