namespace SharpRun.Tar;

/// <summary>The checks of this room that `make mutants` can leave out, one at a time: what an archive is refused for. A test must then turn red.</summary>
enum TarCheck
{
    HeaderHasItsChecksum,
    ExtendedHeaderHasASize,
    ExtendedHeaderIsSmall,
    GlobalHeadersAreSmall,
    EntryFollowsExtendedHeader,
    DataAreWhole,
    SkippedDataAreWhole,
    EndIsTwoBlocks,
    RecordHasAKey,
    RecordIsWellFormed,
    GlobalRecordIsOfAllEntries,
    AttributeHasAName,
    AttributesAreFew,
    DirectoryHasNoData,
    OnlyFilesAreSparse,
    SizeIsNotNegative,
    LinkLeadsSomewhere,
    PathIsShort,
    IdIsNotNegative,
    DeviceNumberFits,
    SparsePiecesAreFew,
    SparsePieceFits,
    SparseDataAreWhole,
    WrittenDataFit,
    WrittenDataAreWhole,
}
